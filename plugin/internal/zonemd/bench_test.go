package zonemd

import (
	"crypto/sha512"
	"fmt"
	"hash"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// large is a zone of two A at each name and a TXT at every other one: a million records of 400,000 names.
func large(b *testing.B) *zone.Version {
	b.Helper()
	apex := owner.MustParse("example.")
	txn := zone.Replace(apex, nil)
	add := func(name owner.Name, rrtype uint16, data []byte) {
		if err := txn.Add(zone.RR{Owner: name, Type: rrtype, TTL: 300, Data: data}); err != nil {
			b.Fatal(err)
		}
	}
	add(apex, dns.TypeSOA, make([]byte, 22))
	add(apex, dns.TypeNS, owner.MustParse("ns.example."))
	for i := range 400_000 {
		name := owner.MustParse(fmt.Sprintf("h%06d.example.", i))
		add(name, dns.TypeA, []byte{192, 0, 2, byte(i)})
		add(name, dns.TypeA, []byte{198, 51, 100, byte(i)})
		if i%2 == 0 {
			add(name, dns.TypeTXT, []byte("\x0bsome text 1"))
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func BenchmarkDigest(b *testing.B) {
	v := large(b)
	for name, algorithm := range map[string]func() hash.Hash{"SHA-384": sha512.New384, "SHA-512": sha512.New} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Digest(v, algorithm())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(v.Records()), "ns/RR")
		})
	}
}
