package answer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// After the tables of RFC 6672 §2.2 and what RFC 6604 speaks of.
const aliasZone = `$TTL 600
@         SOA ns h 1 2 3 4 300
@         NS  ns
ns        A   192.0.2.1
target    A   192.0.2.2
www       CNAME target
two       CNAME www
nowhere   CNAME missing
nodata    CNAME ent
x.ent     A   192.0.2.3
outside   CNAME www.example.net.
two-out   CNAME outside
ping      CNAME pong
pong      CNAME ping
self      CNAME self
cut       NS  ns.cut
ns.cut    A   192.0.2.4
tocut     CNAME www.cut
at-cut    CNAME cut
*.w       CNAME target
x         DNAME y
www.y     A   192.0.2.5
x         TXT "company"
hidden.x  A   192.0.2.6
shortloop DNAME sub.shortloop
out       DNAME example.net.
tod       CNAME www.x
long      DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.y
*.dw      DNAME y
`

func TestAliases(t *testing.T) {
	ns, soa := []string{"test. NS"}, []string{"test. SOA"}
	label := strings.Repeat("q", 60)
	tooLong := label + "." + label + "." + label + ".long.test."
	expect(t, parseZone(t, "test.", aliasZone), []question{
		{name: "92 a chain is followed to its end", qname: "two.test.", qtype: dns.TypeA,
			answer: []string{"two.test. CNAME", "www.test. CNAME", "target.test. A"}, authority: ns},
		{name: "92 the RCODE is that of the last name", qname: "nowhere.test.", qtype: dns.TypeA, rcode: dns.RcodeNameError,
			answer: []string{"nowhere.test. CNAME"}, authority: soa},
		{name: "93 a chain to NODATA has the SOA", qname: "nodata.test.", qtype: dns.TypeA,
			answer: []string{"nodata.test. CNAME"}, authority: soa},
		{name: "92 a loop of two ends at the first name met again", qname: "ping.test.", qtype: dns.TypeA,
			answer: []string{"ping.test. CNAME", "pong.test. CNAME"}},
		{name: "92 an alias of itself is sent once", qname: "self.test.", qtype: dns.TypeA, answer: []string{"self.test. CNAME"}},
		{name: "92 a chain that leaves the zone has no SOA", qname: "two-out.test.", qtype: dns.TypeA,
			answer: []string{"two-out.test. CNAME", "outside.test. CNAME"}},
		{name: "88 a chain to a delegation keeps AA and adds the referral", qname: "tocut.test.", qtype: dns.TypeA,
			answer: []string{"tocut.test. CNAME"}, authority: []string{"cut.test. NS"}, additional: []string{"ns.cut.test. A"}},
		{name: "95 a chain to DS at a cut is answered by the parent", qname: "at-cut.test.", qtype: dns.TypeDS,
			answer: []string{"at-cut.test. CNAME"}, authority: soa},
		{name: "91 a wildcard CNAME is followed", qname: "any.w.test.", qtype: dns.TypeA,
			answer: []string{"any.w.test. CNAME", "target.test. A"}, authority: ns},
		{name: "92 CNAME asked is not followed", qname: "two.test.", qtype: dns.TypeCNAME,
			answer: []string{"two.test. CNAME"}, authority: ns},
		{name: "104 ANY at an alias is the alias", qname: "two.test.", qtype: dns.TypeANY, answer: []string{"two.test. CNAME"}},
		{name: "94 a DNAME comes with a synthesised CNAME", qname: "www.x.test.", qtype: dns.TypeA,
			answer: []string{"x.test. DNAME", "www.x.test. CNAME", "www.y.test. A"}, authority: ns},
		{name: "94 the owner of a DNAME is an ordinary name", qname: "x.test.", qtype: dns.TypeTXT,
			answer: []string{"x.test. TXT"}, authority: ns},
		{name: "94 the owner of a DNAME is not redirected", qname: "x.test.", qtype: dns.TypeA, authority: soa},
		{name: "94 what lies below a DNAME is hidden", qname: "hidden.x.test.", qtype: dns.TypeA, rcode: dns.RcodeNameError,
			answer: []string{"x.test. DNAME", "hidden.x.test. CNAME"}, authority: soa},
		{name: "94 a DNAME behind a CNAME", qname: "tod.test.", qtype: dns.TypeA,
			answer: []string{"tod.test. CNAME", "x.test. DNAME", "www.x.test. CNAME", "www.y.test. A"}, authority: ns},
		{name: "94 the synthesised CNAME is the answer to CNAME", qname: "www.x.test.", qtype: dns.TypeCNAME,
			answer: []string{"x.test. DNAME", "www.x.test. CNAME"}},
		{name: "94 an overflow is YXDOMAIN with the DNAME", qname: tooLong, qtype: dns.TypeA, rcode: dns.RcodeYXDomain,
			answer: []string{"long.test. DNAME"}},
		{name: "94 a DNAME to below itself substitutes once", qname: "a.shortloop.test.", qtype: dns.TypeA,
			answer: []string{"shortloop.test. DNAME", "a.shortloop.test. CNAME"}},
		{name: "94 a wildcard DNAME redirects nothing that it covers", qname: "a.b.dw.test.", qtype: dns.TypeA, authority: soa},
	})
}

func TestWhatLeavesTheZoneIsLeftToTheCaller(t *testing.T) {
	v := parseZone(t, "test.", aliasZone)
	for _, c := range []struct{ name, qname, follow string }{
		{"92 by a CNAME", "two-out.test.", "www.example.net."},
		{"94 by a DNAME", "a.b.out.test.", "a.b.example.net."},
		{"92 a chain that ends here is not followed", "two.test.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Answer(v, Query{Name: owner.MustParse(c.qname), Type: dns.TypeA})
			if got := r.Follow; c.follow == "" && got != nil || c.follow != "" && (got == nil || got.String() != c.follow) {
				t.Errorf("Follow is %v", got)
			}
		})
	}
}

func TestSynthesisedRecordsKeepTheCaseAndTTL(t *testing.T) { // checklist 94, RFC 6672 §3.1
	r := ask(parseZone(t, "test.", aliasZone), "WwW.x.test.", dns.TypeA, false)
	for _, rr := range r.answer {
		cname, ok := rr.(*dns.CNAME)
		if ok && (cname.Hdr.Name != "WwW.x.test." || cname.Target != "WwW.y.test." || cname.Hdr.Ttl != 600) {
			t.Error(cname)
		}
	}
}

func TestChainsAreBounded(t *testing.T) { // checklist 92
	var b strings.Builder
	b.WriteString("$TTL 600\n@ SOA ns h 1 2 3 4 300\n@ NS ns\n")
	for i := range 100 {
		fmt.Fprintf(&b, "c%d CNAME c%d\n", i, i+1)
	}
	v := parseZone(t, "test.", b.String())
	if n := len(Answer(v, Query{Name: owner.MustParse("c0.test."), Type: dns.TypeA}).Answer); n != maxChain {
		t.Errorf("%d records", n)
	}
	if n := len(Answer(v, Query{Name: owner.MustParse("c90.test."), Type: dns.TypeA}).Answer); n != 10 {
		t.Errorf("%d records of a chain that ends", n)
	}
}
