package interop_test

import (
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// TestSeveralTransfersOverOneConnection reads the messages of outgoing transfers as they are (RFC 5936 §2.2): two
// are asked for at once, and a third one after them.
func TestSeveralTransfersOverOneConnection(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hosts(zone, 1, 3000))
	s := understudy.Start(t, understudy.Config{Corefile: plan{zone: peer.Zone{Name: zone}}.corefile(p.Addr())})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	c := dial(t, "tcp", s.Addr())
	c.SetDeadline(time.Now().Add(ask.Patience))
	askFor(t, c, 1)
	askFor(t, c, 2)
	got := map[uint16][]*dns.Msg{}
	for soas := 0; soas < 4; {
		soas += soasOf(readOne(t, c, got))
	}
	askFor(t, c, 3)
	for soas := 0; soas < 2; {
		soas += soasOf(readOne(t, c, got))
	}
	for id := uint16(1); id <= 3; id++ {
		wantTransfer(t, id, got[id])
	}
}

func askFor(t *testing.T, c *dns.Conn, id uint16) {
	t.Helper()
	m := new(dns.Msg)
	m.SetAxfr(zone)
	m.Id = id
	if err := c.WriteMsg(m); err != nil {
		t.Fatal(err)
	}
}

// readOne reads a message and sorts it by its ID.
func readOne(t *testing.T, c *dns.Conn, got map[uint16][]*dns.Msg) *dns.Msg {
	t.Helper()
	m, err := c.ReadMsg()
	if err != nil {
		t.Fatal(err)
	}
	got[m.Id] = append(got[m.Id], m)
	return m
}

func soasOf(m *dns.Msg) (n int) {
	for _, rr := range m.Answer {
		if rr.Header().Rrtype == dns.TypeSOA {
			n++
		}
	}
	return n
}

// wantTransfer checks the envelopes of one transfer.
func wantTransfer(t *testing.T, id uint16, messages []*dns.Msg) {
	t.Helper()
	if len(messages) < 2 {
		t.Fatalf("transfer %d came in %d messages", id, len(messages))
	}
	records := 0
	for i, m := range messages {
		records += len(m.Answer)
		if !m.Response || m.Opcode != dns.OpcodeQuery || m.Rcode != dns.RcodeSuccess || !m.Authoritative || m.Truncated {
			t.Errorf("transfer %d, message %d: %v", id, i, m.MsgHdr)
		}
		if i == 0 && len(m.Question) != 1 || len(m.Question) > 1 || len(m.Ns) != 0 {
			t.Errorf("transfer %d, message %d has %d questions and %d records of authority", id, i, len(m.Question), len(m.Ns))
		}
	}
	first, last := messages[0].Answer[0], messages[len(messages)-1].Answer
	if first.Header().Rrtype != dns.TypeSOA || !dns.IsDuplicate(first, last[len(last)-1]) || records != 3000+4 {
		t.Errorf("transfer %d has %d records from %v to %v", id, records, first, last[len(last)-1])
	}
}
