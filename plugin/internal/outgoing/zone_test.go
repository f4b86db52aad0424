package outgoing

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

var (
	apex   = owner.MustParse("example.org.")
	stream = Bounds{Octets: 1<<16 - 1}
)

func soa(serial uint32) zone.RR {
	data := append(owner.MustParse("ns.example.org."), owner.MustParse("hostmaster.example.org.")...)
	for _, v := range []uint32{serial, 3600, 600, 86400, 300} {
		data = binary.BigEndian.AppendUint32(data, v)
	}
	return zone.RR{Owner: apex, Type: dns.TypeSOA, TTL: 3600, Data: data}
}

// record reads a record in presentation form.
func record(text string) zone.RR {
	rr, err := dns.NewRR(text)
	if err != nil {
		panic(err)
	}
	h := rr.Header()
	name := owner.MustParse(h.Name)
	h.Name = "."
	wire := make([]byte, 1<<16+16)
	n, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		panic(err)
	}
	return zone.RR{Owner: name, Type: h.Rrtype, TTL: h.Ttl, Data: slices.Clone(wire[11:n])}
}

// version makes a zone of records.
func version(t testing.TB, base *zone.Version, serial uint32, records ...zone.RR) (*zone.Version, *zone.Delta) {
	t.Helper()
	txn := zone.Replace(apex, base)
	for _, rr := range append([]zone.RR{soa(serial)}, records...) {
		if err := txn.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	v, d, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v, d
}

// varied are records with every way in which names may stand in RDATA.
func varied() []zone.RR {
	var list []zone.RR
	for _, text := range []string{
		"example.org. 300 NS ns.example.org.", "example.org. 300 NS NS.example.org.", "example.org. 300 MX 10 Mail.Example.ORG.",
		"Mixed.Case.example.org. 300 A 192.0.2.1", "mixed.below.Mixed.Case.example.org. 300 A 192.0.2.1",
		"alias.example.org. 300 CNAME mixed.case.example.org.", "ptr.example.org. 300 PTR .",
		"minfo.example.org. 300 MINFO a.b.example.org. b.example.org.", "rp.example.org. 300 RP a.b.example.org. b.example.org.",
		"_sip._tcp.example.org. 300 SRV 0 1 5060 ns.example.org.", "naptr.example.org. 300 NAPTR 1 2 \"s\" \"\" \"\" ns.example.org.",
		"tree.example.org. 300 DNAME ns.example.org.", "web.example.org. 300 HTTPS 1 Pool.example.org.",
		"a.a.a.a.example.org. 300 NS a.a.a.a.", "a.a.example.org. 300 NS a.example.org.", `esc\.aped.\000.example.org. 60 TXT "x"`,
		"unknown.example.org. 60 TYPE65280 \\# 4 c0ffee00", "empty.example.org. 60 TYPE731 \\# 0",
	} {
		list = append(list, record(text))
	}
	for i := range 300 {
		list = append(list, record(fmt.Sprintf("h%d.r%d.example.org. 300 NS h%d.example.org.", i, i%7, i/2)))
	}
	return list
}

// received is a reply as a client sees it: the messages, and what the interpreter of our own client says.
type received struct {
	messages [][]byte
	lines    []string // kind of event and record
	sent     Sent
}

func write(t testing.TB, r Reply, q Query, b Bounds) received {
	t.Helper()
	q.ID, q.Name = 4711, apex
	var got received
	i := xfr.NewInterpreter(xfr.Query{ID: q.ID, Apex: apex, Type: q.Type, Have: q.Have})
	emit := func(e xfr.Event) error {
		got.lines = append(got.lines, line(e.Kind.String(), e.RR))
		return nil
	}
	done := false
	var err error
	got.sent, err = r.Write(q, b, func(msg []byte) error {
		if len(msg) > b.Octets {
			t.Errorf("a message of %d octets", len(msg))
		}
		got.messages = append(got.messages, slices.Clone(msg))
		var err error
		if done, err = i.Feed(slices.Clone(msg), emit); err != nil {
			t.Errorf("message %d: %v", len(got.messages), err)
		}
		return nil
	})
	if err == nil && !done {
		err = i.Close(emit)
	}
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func line(kind string, rr zone.RR) string {
	return fmt.Sprintf("%s %s %d %d %x", kind, rr.Owner, rr.TTL, rr.Type, rr.Data)
}

// want is what a client must make of a reply.
func want(r Reply, kinds func(n int, rr zone.RR) string) (lines []string) {
	n := 0
	for rr, err := range r.Records() {
		if err != nil {
			panic(err)
		}
		lines = append(lines, line(kinds(n, rr), rr))
		n++
	}
	return lines
}

// wide are n addresses.
func wide(n int) (list []zone.RR) {
	for i := range n {
		list = append(list, zone.RR{
			Owner: owner.MustParse(fmt.Sprintf("w%d.example.org.", i)), Type: dns.TypeA, TTL: 300, Data: []byte{192, 0, byte(i >> 8), byte(i)},
		})
	}
	return list
}
