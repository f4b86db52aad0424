package outgoing

import (
	"errors"
	"fmt"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// large is a zone of n names: two A each, and a TXT at every other one, so 2.5 records a name.
func large(b *testing.B, n int) *zone.Version {
	b.Helper()
	txn := zone.Replace(apex, nil)
	add := func(rr zone.RR) {
		if err := txn.Add(rr); err != nil {
			b.Fatal(err)
		}
	}
	add(soa(1))
	add(zone.RR{Owner: apex, Type: dns.TypeNS, TTL: 3600, Data: owner.MustParse("ns.example.org.")})
	for i := range n {
		name := owner.MustParse(fmt.Sprintf("h%06d.example.org.", i))
		add(zone.RR{Owner: name, Type: dns.TypeA, TTL: 300, Data: []byte{192, 0, 2, byte(i)}})
		add(zone.RR{Owner: name, Type: dns.TypeA, TTL: 300, Data: []byte{198, 51, 100, byte(i)}})
		if i%2 == 0 {
			add(zone.RR{Owner: name, Type: dns.TypeTXT, TTL: 300, Data: []byte("\x0bsome text 1")})
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// BenchmarkAXFR packs a zone of a million records.
func BenchmarkAXFR(b *testing.B) {
	v := large(b, 400_000)
	q := Query{Name: apex, Type: dns.TypeAXFR}
	b.ReportAllocs()
	var sent Sent
	for b.Loop() {
		var err error
		sent, err = Decide(zone.Published{Version: v}, q, 100).Write(q, stream, func([]byte) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(sent.Records), "ns/RR")
	b.ReportMetric(float64(sent.Octets), "octets")
}

// BenchmarkIXFR is the reply to a secondary that is one change of one record behind in a zone of a million, and to one
// of many that are two behind.
func BenchmarkIXFR(b *testing.B) {
	p := zone.Published{Version: large(b, 400_000)}
	for i := range byte(2) {
		txn := zone.Begin(p.Version)
		err := errors.Join(
			txn.Delete(p.Version.SOARecord()), txn.Add(soa(uint32(i)+2)),
			txn.Add(zone.RR{Owner: owner.MustParse("new.example.org."), Type: dns.TypeA, TTL: 300, Data: []byte{192, 0, 2, i}}),
		)
		v, d, cerr := txn.Commit()
		if err != nil || cerr != nil {
			b.Fatal(err, cerr)
		}
		p.Version, p.Deltas = v, append(p.Deltas, d)
	}
	for name, have := range map[string]serial.Serial{"one behind": 2, "two behind": 1} {
		b.Run(name, func(b *testing.B) {
			n, q := new(Nets), Query{Name: apex, Type: dns.TypeIXFR, Have: have}
			b.ReportAllocs()
			for b.Loop() {
				sent, err := n.Decide(p, q, 100).Write(q, stream, func([]byte) error { return nil })
				if err != nil || sent.Kind != Changes {
					b.Fatal(sent, err)
				}
			}
		})
	}
}
