package answer

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

const ttlZone = `
@    600 SOA ns hostmaster 1 3600 600 86400 300
@    600 NS  ns
ns   600 A   192.0.2.1
www  600 A   192.0.2.80
quick 5  A   192.0.2.81
ftp  600 CNAME www
away 600 CNAME www.example.net.
sub  600 NS  ns.sub
ns.sub 600 A 192.0.2.2
`

func TestNoTTLIsAboveTheHighest(t *testing.T) {
	p := dns.NewZoneParser(strings.NewReader(ttlZone), "example.", "")
	var rrs []dns.RR
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		rrs = append(rrs, rr)
	}
	v := load(t, "example.", sign("example.", rrs, signing{denial: dns.TypeNSEC}))
	for _, c := range []struct {
		name    string
		highest uint32
		ttl     uint32 // of the first record
		sets    int    // RRsets, so that nothing is left out of the test
	}{
		{"www.example.", 30, 30, 3},
		{"www.example.", 0, 600, 3},
		{"quick.example.", 30, 5, 3},
		{"ftp.example.", 30, 30, 4},
		{"away.example.", 30, 30, 1},
		{"nothing.example.", 30, 30, 3},
		{"nothing.example.", 0, 300, 3},
		{"a.sub.example.", 30, 30, 3},
	} {
		r := Answer(v, Query{Name: owner.MustParse(c.name), Type: dns.TypeA, DO: true, MaxTTL: c.highest})
		rendered := AppendRRs(AppendRRs(AppendRRs(nil, r.Answer...), r.Authority...), r.Additional...)
		if len(r.Answer)+len(r.Authority)+len(r.Additional) < c.sets || rendered[0].Header().Ttl != c.ttl {
			t.Errorf("%s, at most %d: %v", c.name, c.highest, rendered)
		}
		for _, rr := range rendered {
			if c.highest > 0 && rr.Header().Ttl > c.highest {
				t.Errorf("%s: %v", c.name, rr)
			}
		}
	}
	if soa := RR(v.SOARecord()); soa.Header().Ttl != 600 {
		t.Errorf("the zone itself has changed: %v", soa)
	}
}
