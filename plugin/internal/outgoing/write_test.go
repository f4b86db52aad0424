package outgoing

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/compress"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// wholeKinds are the events of an AXFR.
func wholeKinds(records int) func(int, zone.RR) string {
	return func(n int, _ zone.RR) string {
		switch n {
		case 0:
			return "Replace"
		case records - 1:
			return "Finished"
		}
		return "Add"
	}
}

func TestAnAXFRIsTheZoneOctetByOctet(t *testing.T) {
	v, _ := version(t, nil, 7, varied()...)
	for _, octets := range []int{512, 1000, 1<<16 - 1} {
		for _, qtype := range []uint16{dns.TypeAXFR, dns.TypeIXFR} {
			q := Query{Type: qtype, Have: 6, RD: true}
			r := Decide(zone.Published{Version: v}, q, 100)
			got := write(t, r, q, Bounds{Octets: octets})
			if w := want(r, wholeKinds(v.Records()+1)); !slices.Equal(got.lines, w) {
				t.Errorf("%d octets a message: got %d events, want %d", octets, len(got.lines), len(w))
			}
			checkMessages(t, got, qtype)
		}
	}
}

// 30 and 31: what RFC 5936 §2.2 says of header, question and authority.
func checkMessages(t *testing.T, got received, qtype uint16) {
	t.Helper()
	records, octets := 0, 0
	for i, raw := range got.messages {
		m := new(dns.Msg)
		if err := m.Unpack(raw); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if m.Id != 4711 || !m.Response || !m.Authoritative || m.Truncated || !m.RecursionDesired || m.RecursionAvailable || m.Rcode != 0 || m.Opcode != 0 {
			t.Errorf("message %d: header %+v", i, m.MsgHdr)
		}
		if len(m.Ns) > 0 || len(m.Extra) > 0 || len(m.Question) != 1 && i == 0 || len(m.Question) > 0 && i > 0 {
			t.Errorf("message %d: %d questions, %d authorities, %d additional", i, len(m.Question), len(m.Ns), len(m.Extra))
		}
		if i == 0 && m.Question[0] != (dns.Question{Name: "example.org.", Qtype: qtype, Qclass: dns.ClassINET}) {
			t.Errorf("question %v", m.Question[0])
		}
		records, octets = records+len(m.Answer), octets+len(raw)
	}
	if s := got.sent; s.Messages != len(got.messages) || s.Records != records || s.Octets != octets {
		t.Errorf("%+v, and in truth %d messages, %d records, %d octets", s, len(got.messages), records, octets)
	}
}

func TestOnlyTheNamesOfRFC1035AreCompressed(t *testing.T) {
	for text, octets := range map[string]int{
		"example.org. 1 NS ns.example.org.":       2,
		"example.org. 1 MX 1 ns.example.org.":     4,
		"example.org. 1 CNAME x.ns.example.org.":  4,
		"example.org. 1 CNAME NS.example.org.":    5, // the case is kept
		"example.org. 1 SRV 1 1 1 x.example.org.": 21,
		"example.org. 1 AFSDB 1 ns.example.org.":  18,
		"example.org. 1 KX 1 ns.example.org.":     18,
		"example.org. 1 RP ns.example.org. .":     17,
		"example.org. 1 DNAME ns.example.org.":    16,
		"example.org. 1 SVCB 1 ns.example.org.":   18,
	} {
		p := &packer{Message: compress.New(tableBits)}
		p.query.Name = owner.MustParse("ns.example.org.")
		p.begin()
		before := len(p.Octets)
		p.record(record(text))
		if got := len(p.Octets) - before - 12; got != octets {
			t.Errorf("%s: %d octets of RDATA, want %d", text, got, octets)
		}
	}
}

// Beyond the first 16 KiB of a message, names are out of a pointer's reach.
func TestNamesBeyondThePointersReach(t *testing.T) {
	var records []zone.RR
	for i := range 1500 {
		records = append(records, record(fmt.Sprintf("h%d.r%d.example.org. 300 NS h%d.r%d.example.org.", i, i%700, i+1, i%700)))
	}
	v, _ := version(t, nil, 7, records...)
	q := Query{Type: dns.TypeIXFR, Have: 6}
	r := Decide(zone.Published{Version: v}, q, 100)
	got := write(t, r, q, Bounds{Octets: 1<<16 - 1, Single: true})
	if got.sent.Kind != Whole || got.sent.Octets < 2*compress.MaxPointer || !slices.Equal(got.lines, want(r, wholeKinds(v.Records()+1))) {
		t.Errorf("%+v", got.sent)
	}
}

// The root's name takes one octet, and nothing points to it.
func TestTheRootIsNeverAPointer(t *testing.T) {
	p := &packer{Message: compress.New(tableBits)}
	p.query.Name = owner.Root
	p.begin()
	before := len(p.Octets)
	for range 2 {
		p.record(zone.RR{Owner: owner.Root, Type: dns.TypeNS, Data: owner.Root})
	}
	if got := len(p.Octets) - before; got != 2*12 {
		t.Errorf("%d octets", got)
	}
}

func TestTheSpellingOfTheQuestionComesBack(t *testing.T) {
	v, _ := version(t, nil, 7)
	q := Query{Name: owner.MustParse("eXample.ORG."), Type: dns.TypeAXFR, OPT: []byte{0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0}}
	_, err := Decide(zone.Published{Version: v}, q, 100).Write(q, stream, func(msg []byte) error {
		m := new(dns.Msg)
		if err := m.Unpack(msg); err != nil {
			t.Fatal(err)
		}
		if m.Question[0].Name != "eXample.ORG." || m.Answer[0].Header().Name != "example.org." || m.IsEdns0() == nil {
			t.Errorf("%v", m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// 50: what does not fit into a datagram is one SOA.
func TestOneMessageHoldsAllOrTheSOA(t *testing.T) {
	p := lineage(t)
	q := Query{Type: dns.TypeIXFR, Have: 1}
	r := Decide(p, q, 100)
	q.OPT = []byte{0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0}
	exact := write(t, r, q, stream).sent.Octets
	if got := write(t, r, q, Bounds{Octets: exact, Single: true}); got.sent.Kind != Changes || len(got.messages) != 1 {
		t.Errorf("with just enough room: %+v", got.sent)
	}
	got := write(t, r, q, Bounds{Octets: exact - 1, Single: true})
	if got.sent != (Sent{Kind: Current, Messages: 1, Records: 1, Octets: len(got.messages[0])}) || !slices.Equal(got.lines, []string{line("AskAXFR", soa(2))}) {
		t.Errorf("with an octet less: %+v %q", got.sent, got.lines)
	}
}

func TestALongRecordHasAMessageOfItsOwn(t *testing.T) {
	long := zone.RR{Owner: owner.MustParse("long.example.org."), Type: 65280, TTL: 60, Data: bytes.Repeat([]byte{1}, 65000)}
	v, _ := version(t, nil, 7, append(varied(), long)...)
	q := Query{Type: dns.TypeAXFR}
	r := Decide(zone.Published{Version: v}, q, 100)
	if got := write(t, r, q, stream); !slices.Equal(got.lines, want(r, wholeKinds(v.Records()+1))) {
		t.Error("the zone did not arrive")
	}
	_, err := r.Write(Query{Name: apex, Type: dns.TypeAXFR}, Bounds{Octets: 65000}, func([]byte) error { return nil })
	if !errors.Is(err, ErrRecord) {
		t.Errorf("without room for it: %v", err)
	}
}

// 37: nothing more is packed once the client is gone.
func TestAnErrorOfTheConnectionEndsTheReply(t *testing.T) {
	v, _ := version(t, nil, 7, varied()...)
	gone, calls := fmt.Errorf("gone"), 0
	_, err := Decide(zone.Published{Version: v}, Query{}, 100).Write(Query{Name: apex}, Bounds{Octets: 512}, func([]byte) error {
		calls++
		return gone
	})
	if !errors.Is(err, gone) || calls != 1 {
		t.Errorf("%v after %d messages", err, calls)
	}
}
