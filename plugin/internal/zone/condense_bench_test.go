package zone

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// BenchmarkCondense is a chain of a thousand deltas, some 12 MiB: each replaces 150 addresses of 10,000 names.
func BenchmarkCondense(b *testing.B) {
	var chain []*Delta
	at := SerialSOA{Serial: 1}
	for i := range 1000 {
		d := &Delta{From: at, To: SerialSOA{Serial: at.Serial + 1}}
		for j := range 150 {
			name := owner.MustParse(fmt.Sprintf("host%d.example.org.", (i*37+j*61)%10_000))
			rr := RR{name, dns.TypeA, 300, []byte{10, byte(i >> 8), byte(i), 1}}
			d.Deleted, d.Deletions = rr.AppendWire(d.Deleted), d.Deletions+1
			rr.Data = []byte{10, byte(i >> 8), byte(i), 2}
			d.Added, d.Additions = rr.AppendWire(d.Added), d.Additions+1
		}
		chain, at = append(chain, d), d.To
	}
	b.ReportAllocs()
	octets := 0
	for _, d := range chain {
		octets += d.Octets()
	}
	b.SetBytes(int64(octets))
	for b.Loop() {
		if _, err := Condense(chain); err != nil {
			b.Fatal(err)
		}
	}
}
