package answer

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// benchZone has the given number of names, and delegations of which half are signed.
func benchZone(names int) []dns.RR {
	lines := []string{"bench. 600 IN SOA ns.bench. h.bench. 1 2 3 4 300", "bench. 600 IN NS ns.bench.", "ns.bench. 600 IN A 192.0.2.1"}
	for i := range names {
		lines = append(lines, fmt.Sprintf("n%d.bench. 600 IN A 192.0.2.1", i))
		if i%4 == 0 {
			lines = append(lines, fmt.Sprintf("d%d.bench. 600 IN NS ns.d%d.bench.", i, i), fmt.Sprintf("ns.d%d.bench. 600 IN A 192.0.2.2", i))
		}
		if i%8 == 0 {
			lines = append(lines, fmt.Sprintf("d%d.bench. 600 IN DS 1 13 2 AABB", i))
		}
	}
	return mustRecords(lines)
}

func BenchmarkAnswer(b *testing.B) {
	rrs := benchZone(20000)
	for _, c := range []struct {
		name  string
		how   signing
		qname string
		do    bool
	}{
		{"A", signing{}, "n12345.bench.", false},
		{"A-DO", signing{denial: dns.TypeNSEC}, "n12345.bench.", true},
		{"NXDOMAIN", signing{}, "missing.bench.", false},
		{"NXDOMAIN-NSEC", signing{denial: dns.TypeNSEC}, "missing.bench.", true},
		{"NXDOMAIN-NSEC3", signing{denial: dns.TypeNSEC3}, "missing.bench.", true},
		{"referral", signing{}, "www.d4.bench.", false},
		{"referral-DS", signing{denial: dns.TypeNSEC}, "www.d8.bench.", true},
		{"referral-optout", signing{denial: dns.TypeNSEC3, optOut: true}, "www.d4.bench.", true},
	} {
		v := load(b, "bench.", sign("bench.", rrs, c.how))
		q := Query{Name: owner.MustParse(c.qname), Type: dns.TypeA, DO: c.do}
		var r Result
		b.Run(c.name+"/search", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Fill(v, q)
			}
		})
		b.Run(c.name+"/message", func(b *testing.B) {
			b.ReportAllocs()
			r.Fill(v, q)
			for b.Loop() {
				if _, fits := r.Message(someHead(dns.MaxMsgSize)); !fits {
					b.Fatal("no message")
				}
			}
		})
		b.Run(c.name+"/render", func(b *testing.B) {
			b.ReportAllocs()
			r.Fill(v, q)
			dst := make([]dns.RR, 0, 32)
			for b.Loop() {
				dst = AppendRRs(dst[:0], r.Answer...)
				dst = AppendRRs(dst, r.Authority...)
				dst = AppendRRs(dst, r.Additional...)
			}
		})
	}
}
