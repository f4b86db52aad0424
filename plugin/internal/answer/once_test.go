package answer

import (
	"testing"

	"github.com/miekg/dns"
)

func TestNoRRsetComesTwice(t *testing.T) {
	const text = `$TTL 600
@      SOA ns.example.net. h 1 2 3 4 300
@      NS  ns.example.net.
back   DNAME @
loop   CNAME loop.back
`
	ns, dname := []string{"test. NS+"}, "back.test. DNAME+"
	for name, denial := range map[string]uint16{"NSEC": dns.TypeNSEC, "NSEC3": dns.TypeNSEC3} {
		t.Run(name, func(t *testing.T) {
			v := signedZone(t, "test.", text, signing{denial: denial})
			signatures := []string{dname, "back.back.test. CNAME"}
			if denial == dns.TypeNSEC {
				signatures = append(signatures, "back.test. RRSIG(NSEC)")
			}
			cases := []question{
				{name: "94 a DNAME is a link of the chain and the answer", do: true, qname: "back.back.test.", qtype: dns.TypeDNAME,
					answer: []string{dname, "back.back.test. CNAME"}, authority: ns},
				{name: "94 its RRSIGs are too", do: true, qname: "back.back.test.", qtype: dns.TypeRRSIG,
					answer: signatures, authority: ns},
				{name: "94 a DNAME redirects several names of a chain", do: true, qname: "x.back.back.test.", qtype: dns.TypeA,
					rcode: dns.RcodeNameError, answer: []string{dname, "x.back.back.test. CNAME", "x.back.test. CNAME"}},
			}
			cases[2].authority = summary(ask(v, "x.test.", dns.TypeA, true).authority)
			expect(t, v, cases)
			for _, c := range cases {
				if err := ask(v, c.qname, c.qtype, true).invariants(); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
			}
		})
	}
}

func TestANYIsAnsweredWithData(t *testing.T) { // checklist 104
	v := signedZone(t, "test.", `$TTL 600
@      SOA   ns.example.net. h 1 2 3 4 300
@      NS    ns.example.net.
svcb   SVCB  1 . alpn=dot
*.w    TYPE65280 \# 1 01
two    TXT   x
two    CAA   0 issue "x"
`, signing{denial: dns.TypeNSEC})
	expect(t, v, []question{
		{name: "104 a type above NSEC goes before it", do: true, qname: "svcb.test.", qtype: dns.TypeANY,
			answer: []string{"svcb.test. SVCB+"}},
		{name: "104 at a wildcard too", do: true, qname: "x.w.test.", qtype: dns.TypeANY,
			answer: []string{"x.w.test. " + dns.TypeToString[65280] + "+"}, authority: []string{"*.w.test. NSEC+"}},
		{name: "104 the lowest type is chosen", qname: "two.test.", qtype: dns.TypeANY, answer: []string{"two.test. TXT"}},
	})
	lonely := mustRecords([]string{"test. 1 IN SOA ns.test. h.test. 1 2 3 4 5", "n.test. 1 IN NSEC test. NSEC RRSIG",
		"s.test. 1 IN RRSIG A 13 2 1 20300101000000 20200101000000 1 test. c2ln"})
	expect(t, load(t, "test.", lonely), []question{
		{name: "104 NSEC alone is sent", qname: "n.test.", qtype: dns.TypeANY, answer: []string{"n.test. NSEC"}},
		{name: "104 RRSIG alone is sent", qname: "s.test.", qtype: dns.TypeANY, answer: []string{"s.test. RRSIG(A)"}},
	})
}
