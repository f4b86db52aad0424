package xfr

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// envelopeCases change the first message of a good AXFR, or the second one.
var envelopeCases = []struct {
	name   string
	second bool
	change func(*dns.Msg)
	err    string
}{
	{"18 an empty question in a later message is fine", true, func(m *dns.Msg) { m.Question = nil }, ""},
	{"the question is compared without regard to case", false,
		func(m *dns.Msg) { m.Question[0].Name = "eXample.ORG." }, ""},
	{"AA is not asked for: RFC 5936 does not have the client look at it", false,
		func(m *dns.Msg) { m.Authoritative = false }, ""},
	{"authority and additional sections are skipped", false, func(m *dns.Msg) {
		m.Ns = []dns.RR{&dns.NULL{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeNULL, Class: 1}}}
		m.SetEdns0(4096, true)
	}, ""},
	{"19 wrong ID", false, func(m *dns.Msg) { m.Id++ }, "message ID 4712, not 4711"},
	{"19 wrong ID later", true, func(m *dns.Msg) { m.Id++ }, "message ID"},
	{"19 QR=0", false, func(m *dns.Msg) { m.Response = false }, "QR=0"},
	{"19 opcode NOTIFY", false, func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }, "opcode 4"},
	{"19 RCODE REFUSED", false, func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }, "refused by the primary: REFUSED"},
	{"19 RCODE SERVFAIL later", true, func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }, "SERVFAIL"},
	{"19 an unassigned RCODE", false, func(m *dns.Msg) { m.Rcode = 12 }, "RCODE 12"},
	{"TC", false, func(m *dns.Msg) { m.Truncated = true }, "TC over a stream"},
	{"no question in the first message", false, func(m *dns.Msg) { m.Question = nil }, "0 questions in the first"},
	{"another name in the question", false,
		func(m *dns.Msg) { m.Question[0].Name = "example.net." }, "the answer to another question: example.net."},
	{"another type in the question", true, func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeIXFR }, "IN IXFR"},
	{"another class in the question", true, func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }, "CH AXFR"},
	{"two questions", true, func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }, "2 questions"},
}

func TestEnvelope(t *testing.T) {
	for _, c := range envelopeCases {
		t.Run(c.name, func(t *testing.T) {
			first := replyMsg(t, testID, dns.TypeAXFR, "SOA 5", "NS")
			second := replyMsg(t, testID, dns.TypeAXFR, "SOA 5")
			if c.second {
				c.change(second)
			} else {
				c.change(first)
			}
			i := NewInterpreter(Query{ID: testID, Apex: apex, Type: dns.TypeAXFR})
			err := feed(i, [][]byte{pack(t, first), pack(t, second)}, func(Event) error { return nil })
			switch {
			case c.err == "" && err != nil:
				t.Error(err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("error %v, want %q", err, c.err)
			case c.err != "" && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrRefused):
				t.Errorf("no sentinel in %v", err)
			}
		})
	}
}

// TestCutMessages: a message cut anywhere is an error, and nothing panics.
func TestCutMessages(t *testing.T) {
	whole := messages(t, testID, dns.TypeAXFR, "SOA 5 | NS | www MX 5 mail | x TXT a b | SOA 5")[0]
	for n := range whole {
		i := NewInterpreter(Query{ID: testID, Apex: apex, Type: dns.TypeAXFR})
		if _, err := i.Feed(whole[:n], func(Event) error { return nil }); !errors.Is(err, ErrMalformed) {
			t.Fatalf("%d octets: %v", n, err)
		}
	}
}

// TestCrossMsgCompr: cross_msg_compr; a pointer leads into its own message, where nothing is.
func TestCrossMsgCompr(t *testing.T) {
	first := messages(t, testID, dns.TypeAXFR, "SOA 5 | NS")[0]
	second := make([]byte, headerLen, 64)
	copy(second, first)
	binary.BigEndian.PutUint16(second[4:], 0)
	binary.BigEndian.PutUint16(second[6:], 1)
	second = append(second, 0xC0, headerLen, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1)
	i := NewInterpreter(Query{ID: testID, Apex: apex, Type: dns.TypeAXFR})
	err := feed(i, [][]byte{first, second}, func(Event) error { return nil })
	if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "pointer") {
		t.Error(err)
	}
}

// TestTTLWithTheTopBit: RFC 2181 §8.
func TestTTLWithTheTopBit(t *testing.T) {
	m := replyMsg(t, testID, dns.TypeAXFR, "SOA 5", "www 1 A 192.0.2.1", "x 1 A 192.0.2.1")
	m.Answer[1].Header().Ttl = 1 << 31
	m.Answer[2].Header().Ttl = 1<<31 - 1
	var got []uint32
	i := NewInterpreter(Query{ID: testID, Apex: apex, Type: dns.TypeAXFR})
	if _, err := i.Feed(pack(t, m), func(e Event) error { got = append(got, e.RR.TTL); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[1] != 0 || got[2] != 1<<31-1 {
		t.Error(got)
	}
}
