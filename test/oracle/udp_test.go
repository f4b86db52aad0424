package oracle

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// askedOverUDP is how many questions of a fleet are also asked over UDP.
const askedOverUDP = 1500

// compareUDP asks with small buffers and compares what the size decides: TC, and
// that the RCODE survives. Whether an answer just fits hangs on compression and
// on what each holds to be optional, so ours must do as at least one peer does;
// what is right for the RCODE itself is seen over TCP.
func (f *fleet) compareUDP(t *testing.T, ours string, seed uint64) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 512))
	questions := map[*Zone][]Question{}
	for range askedOverUDP {
		z := f.zones[rnd.IntN(len(f.zones))]
		if questions[z] == nil {
			questions[z] = questionsFor(z, 3000, rnd)
		}
	}
	wrong, asked, truncated := 0, 0, 0
	for _, z := range f.zones {
		list := questions[z][:min(len(questions[z]), askedOverUDP/len(f.zones)+1)]
		size := []uint16{512, 1232}[rnd.IntN(2)]
		replies := f.overUDP(append(f.addresses(z), ours), list, size)
		for n, q := range list {
			asked++
			mine := replies[3][n]
			if mine == (outcome{dns.RcodeSuccess, true, ""}) {
				truncated++
			}
			if !slices.Contains([]outcome{replies[0][n], replies[1][n], replies[2][n]}, mine) {
				if wrong++; wrong <= shownFailures {
					t.Logf("UDP %d: %s: ours %v, bind %v, nsd %v, knot %v", size, q, mine, replies[0][n], replies[1][n], replies[2][n])
				}
			}
		}
	}
	t.Logf("UDP: %d asked, %d of our answers truncated", asked, truncated)
	if wrong > 0 {
		t.Errorf("%d of %d answers over UDP differ in TC or RCODE", wrong, asked)
	}
}

// outcome is what is compared of a UDP reply.
type outcome struct {
	rcode   int
	tc      bool
	problem string
}

// absent stands for a peer that does not serve the zone.
var absent = outcome{problem: "absent"}

func (f *fleet) overUDP(addresses []string, list []Question, size uint16) [][]outcome {
	replies := make([][]outcome, len(addresses))
	var all sync.WaitGroup
	for i, addr := range addresses {
		all.Go(func() {
			replies[i] = make([]outcome, len(list))
			for n, q := range list {
				replies[i][n] = absent
				if addr != "" {
					replies[i][n] = overUDP(addr, q, size)
				}
			}
		})
	}
	all.Wait()
	return replies
}

func overUDP(addr string, q Question, size uint16) outcome {
	m := q.message(dns.Id())
	if opt := m.IsEdns0(); opt != nil {
		opt.SetUDPSize(size)
	}
	conn, err := net.Dial("udp", addr)
	if err != nil {
		return outcome{problem: err.Error()}
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	raw, err := m.Pack()
	if err != nil {
		return outcome{problem: err.Error()}
	}
	if _, err := conn.Write(raw); err != nil {
		return outcome{problem: err.Error()}
	}
	return readUDP(conn, m)
}

// readUDP reads more than was offered, so as to see who sends too much.
func readUDP(conn net.Conn, asked *dns.Msg) outcome {
	buf := make([]byte, dns.MaxMsgSize)
	n, err := conn.Read(buf)
	if err != nil {
		return outcome{problem: err.Error()}
	}
	limit := dns.MinMsgSize
	if opt := asked.IsEdns0(); opt != nil {
		limit = int(opt.UDPSize())
	}
	if n > limit {
		return outcome{problem: fmt.Sprintf("%d octets sent where %d were offered", n, limit)}
	}
	m := new(dns.Msg)
	if err := m.Unpack(buf[:n]); err != nil {
		return outcome{problem: err.Error()}
	}
	return outcome{m.Rcode, m.Truncated, ""}
}
