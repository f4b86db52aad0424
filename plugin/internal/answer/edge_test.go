package answer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func TestCaseOfTheQuestionDoesNotChangeTheProof(t *testing.T) { // checklist 103
	for name, how := range someSignings {
		t.Run(name, func(t *testing.T) {
			v := signedZone(t, "Example.", signedExample+insecureB, how)
			for _, qname := range []string{"ml.example.", "a.z.w.example.", "mc.b.example.", "y.w.example.", "a.c.x.w.example."} {
				lower, upper := ask(v, qname, dns.TypeA, true), ask(v, strings.ToUpper(qname), dns.TypeA, true)
				if l, u := strings.ToLower(lower.String()), strings.ToLower(upper.String()); l != u {
					t.Errorf("%s\n%s", l, u)
				}
			}
		})
	}
}

func TestManyAddressesBelowACutDoNotHideItsNSEC(t *testing.T) { // checklist 98
	lines := []string{"z. 600 IN SOA ns.z. h.z. 1 2 3 4 300", "z. 600 IN NS ns.z.", "cut.z. 600 IN NS n1.cut.z."}
	for i := range 4 * searchSteps {
		lines = append(lines, fmt.Sprintf("n%d.cut.z. 600 IN A 192.0.2.1", i))
	}
	how := signing{denial: dns.TypeNSEC}
	v := load(t, "z.", sign("z.", mustRecords(lines), how))
	for _, qname := range []string{"d.z.", "x.d.z."} {
		if r := ask(v, qname, dns.TypeA, true); r.check(how) != nil {
			t.Errorf("%v\n%s", r.check(how), r)
		}
	}
}

func TestTheRootIsAZoneLikeAnyOther(t *testing.T) {
	const root = `$TTL 600
.       SOA ns.top. h. 1 2 3 4 300
.       NS  ns.top.
.       NS  ns.own.
ns.own. A   192.0.2.1
top.    NS  ns.top.
ns.top. A   192.0.2.2
com.    NS  ns.top.
com.    DS  1 13 2 AABB
*.wild. MX  0 .
a.b.c.  TXT x
`
	for name, how := range someSignings {
		t.Run(name, func(t *testing.T) {
			v := signedZone(t, ".", root, how)
			rnd := rand.New(rand.NewPCG(1, 2))
			labels := []string{"own", "top", "com", "wild", "a", "b", "c", "ns", "zzz", "*"}
			for range 500 {
				qname := "."
				for range rnd.IntN(4) {
					qname = labels[rnd.IntN(len(labels))] + "." + strings.TrimPrefix(qname, ".")
				}
				qtype := someTypes[rnd.IntN(len(someTypes))]
				r := ask(v, qname, qtype, true)
				err := r.invariants()
				if err == nil && how.denial != dns.TypeNone {
					err = r.check(how)
				}
				if err != nil {
					t.Fatalf("%s %s: %v\n%s", qname, dns.TypeToString[qtype], err, r)
				}
			}
			expect(t, v, []question{{name: "priming gets the addresses of nameservers below our own cuts", qname: ".",
				qtype: dns.TypeNS, answer: []string{". NS"}, additional: []string{"ns.own. A", "ns.top. A"}}})
		})
	}
}

func TestOddities(t *testing.T) {
	plain := parseZone(t, "test.", `$TTL 600
@     SOA ns h 1 2 3 4 300
@     NS  ns
ns    A   192.0.2.1
cut   NS  ns
cut   DS  1 13 2 AABB
*.w   NS  ns
a.*.m A   192.0.2.2
`)
	expect(t, plain, []question{
		{name: "97 an unsigned zone tells no DS in a referral", do: true, qname: "x.cut.test.", qtype: dns.TypeA, referral: true,
			authority: []string{"cut.test. NS"}},
		{name: "95 but answers with it", qname: "cut.test.", qtype: dns.TypeDS, answer: []string{"cut.test. DS"}},
		{name: "91 a wildcard that owns NS does not delegate what it covers", qname: "x.w.test.", qtype: dns.TypeA,
			authority: []string{"test. SOA"}},
		{name: "91 asked literally it is a cut", qname: "*.w.test.", qtype: dns.TypeA, referral: true,
			authority: []string{"*.w.test. NS"}},
		{name: "91 a wildcard that is an empty non-terminal denies", qname: "x.m.test.", qtype: dns.TypeA,
			authority: []string{"test. SOA"}},
		{name: "104 ANY at an empty non-terminal is NODATA", qname: "m.test.", qtype: dns.TypeANY, authority: []string{"test. SOA"}},
		{name: "104 ANY at no name is NXDOMAIN", qname: "no.test.", qtype: dns.TypeANY, rcode: dns.RcodeNameError,
			authority: []string{"test. SOA"}},
		{name: "96 RRSIG in an unsigned zone is NODATA", qname: "ns.test.", qtype: dns.TypeRRSIG, authority: []string{"test. SOA"}},
	})
	apexDNAME := parseZone(t, "test.", "$TTL 600\n@ SOA ns h 1 2 3 4 300\n@ NS ns.example.net.\n@ DNAME example.net.\n")
	expect(t, apexDNAME, []question{
		{name: "94 a DNAME at the apex redirects all names", qname: "a.b.test.", qtype: dns.TypeA,
			answer: []string{"test. DNAME", "a.b.test. CNAME"}},
		{name: "94 but not the apex", qname: "test.", qtype: dns.TypeNS, answer: []string{"test. NS"}},
	})
}
