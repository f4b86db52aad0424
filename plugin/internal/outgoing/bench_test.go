package outgoing

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
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
