package notify

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

var (
	addrA = netip.MustParseAddrPort("192.0.2.1:53")
	addrB = netip.MustParseAddrPort("192.0.2.2:53")
)

// rig is a Sender over a network that does as it is told, on a fake clock.
type rig struct {
	*testing.T
	s     *Sender
	begun time.Time

	mu       sync.Mutex
	sent     []sent
	open     map[netip.AddrPort]int // messages without an answer yet
	max      int                    // the most that were, to one target
	maxAll   int                    // and in all
	outcomes []string
	answer   func(to netip.AddrPort, m *dns.Msg) (after time.Duration, ok bool) // changes m into the answer
	idled    atomic.Int32
	err      error // of sending
}

type sent struct {
	at     time.Duration // since the beginning
	to     netip.AddrPort
	serial uint32
	octets []byte
}

func scenario(t *testing.T, sentence string, run func(r *rig)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			r := &rig{T: t, begun: time.Now(), open: map[netip.AddrPort]int{}, answer: deaf}
			r.s = newSender(func(*Sender) transport { return r })
			defer r.s.Close()
			run(r)
		})
	})
}

// deaf answers nothing.
func deaf(netip.AddrPort, *dns.Msg) (time.Duration, bool) { return 0, false }

// saying answers everything with an RCODE.
func saying(rcode int, after time.Duration) func(netip.AddrPort, *dns.Msg) (time.Duration, bool) {
	return func(_ netip.AddrPort, m *dns.Msg) (time.Duration, bool) {
		m.Rcode = rcode
		return after, true
	}
}

// answers sets how messages are answered from now on.
func (r *rig) answers(how func(netip.AddrPort, *dns.Msg) (time.Duration, bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = how
}

func (r *rig) send(msg []byte, local netip.Addr, to netip.AddrPort) error {
	m := new(dns.Msg)
	if err := m.Unpack(msg); err != nil {
		r.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e := sent{at: time.Since(r.begun), to: to, octets: msg}
	if len(m.Answer) == 1 {
		e.serial = m.Answer[0].(*dns.SOA).Serial
	}
	r.sent = append(r.sent, e)
	if r.err != nil {
		return r.err
	}
	reply := new(dns.Msg)
	reply.SetReply(m)
	after, ok := r.answer(to, reply)
	if !ok {
		return nil
	}
	octets, err := reply.Pack()
	if err != nil {
		r.Error(err)
	}
	r.open[to]++
	r.max = max(r.max, r.open[to])
	all := 0
	for _, n := range r.open {
		all += n
	}
	r.maxAll = max(r.maxAll, all)
	time.AfterFunc(after, func() {
		r.mu.Lock()
		r.open[to]--
		r.mu.Unlock()
		r.s.received(local, to, octets)
	})
	return nil
}

func (r *rig) idle()  { r.idled.Add(1) }
func (r *rig) close() {}

// after lets time pass, and then all that is to happen at that moment.
func (r *rig) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// zone is a zone whose outcomes are kept.
func (r *rig) zone(name string) *Zone {
	return NewZone(owner.MustParse(name), func(o Outcome) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.outcomes = append(r.outcomes, fmt.Sprintf("%s %s %s after %d", letter(o.Target), o.Serial, o.Result, o.Sent))
	})
}

func (r *rig) tell(z *Zone, serial uint32, addrs ...netip.AddrPort) {
	r.s.Tell(z, soa(z.apex, serial), targets(addrs...))
	synctest.Wait()
}

func targets(addrs ...netip.AddrPort) (list []Target) {
	for _, a := range addrs {
		list = append(list, Target{Addr: a})
	}
	return list
}

func soa(apex owner.Name, serial uint32) zone.RR {
	data := make([]byte, 22)
	binary.BigEndian.PutUint32(data[2:], serial)
	return zone.RR{Owner: apex, Type: dns.TypeSOA, TTL: 60, Data: data}
}

func letter(a netip.AddrPort) string {
	b := a.Addr().As4()
	return string('A' - 1 + rune(b[3]))
}

// saw compares the messages since the last time with a list like "A 1 at 0s".
func (r *rig) saw(want string) {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, e := range r.sent {
		list = append(list, fmt.Sprintf("%s %d at %s", letter(e.to), e.serial, e.at))
	}
	r.sent = nil
	if got := strings.Join(list, ", "); got != want {
		r.Errorf("sent %q, want %q", got, want)
	}
}

// ended compares the outcomes since the last time with a list like "A 1 acknowledged after 1".
func (r *rig) ended(want string) {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := strings.Join(r.outcomes, ", "); got != want {
		r.Errorf("ended %q, want %q", got, want)
	}
	r.outcomes = nil
}

// nothingLeft checks that the Sender has forgotten everything.
func (r *rig) nothingLeft() {
	r.Helper()
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending != 0 || len(s.peers)+len(s.underway)+len(s.waiting)+s.slots.held.Len()+s.slots.heldBySilent+s.slots.prompt.Len()+s.slots.silent.Len() != 0 {
		r.Errorf("left: %d tasks, %d peers, %d under way, %d waiting, slots %+v", s.pending, len(s.peers), len(s.underway), len(s.waiting), s.slots)
	}
}
