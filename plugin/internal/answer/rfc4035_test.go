package answer

import (
	"testing"

	"github.com/miekg/dns"
)

// The zone of RFC 4035 Appendix A; that of RFC 5155 Appendix A has c for b and one name more.
const signedExample = `$TTL 3600
@      SOA ns1 bugs.x.w 1081539377 3600 300 3600000 3600
@      NS  ns1
@      NS  ns2
@      MX  1 xx
a      NS  ns1.a
a      NS  ns2.a
a      DS  57855 5 1 B6DCD485719ADCA18E5F3D48A2331627FDD3636B
ns1.a  A   192.0.2.5
ns2.a  A   192.0.2.6
ai     A   192.0.2.9
ai     HINFO "KLH-10" "ITS"
ai     AAAA 2001:db8::f00:baa9
ns1    A   192.0.2.1
ns2    A   192.0.2.2
*.w    MX  1 ai
x.w    MX  1 xx
x.y.w  MX  1 xx
xx     A   192.0.2.10
xx     HINFO "KLH-10" "TOPS-20"
xx     AAAA 2001:db8::f00:baaa
`

const insecureB = `
b      NS  ns1.b
b      NS  ns2.b
ns1.b  A   192.0.2.7
ns2.b  A   192.0.2.8
`

func TestExamplesOfRFC4035AppendixB(t *testing.T) {
	soa, ns := "example. SOA+", "example. NS+"
	v := signedZone(t, "example.", signedExample+insecureB, signing{denial: dns.TypeNSEC})
	expect(t, v, []question{
		{name: "96 B.1 an answer", do: true, qname: "x.w.example.", qtype: dns.TypeMX,
			answer: []string{"x.w.example. MX+"}, authority: []string{ns},
			additional: []string{"ns1.example. A+", "ns2.example. A+", "xx.example. A+", "xx.example. AAAA+"}},
		{name: "98 B.2 a name error", do: true, qname: "ml.example.", qtype: dns.TypeA, rcode: dns.RcodeNameError,
			authority: []string{soa, "b.example. NSEC+", "example. NSEC+"}},
		{name: "98 B.3 a no data error", do: true, qname: "ns1.example.", qtype: dns.TypeMX,
			authority: []string{soa, "ns1.example. NSEC+"}},
		{name: "97 B.4 a referral to a signed zone", do: true, qname: "mc.a.example.", qtype: dns.TypeMX, referral: true,
			authority: []string{"a.example. NS", "a.example. DS+"}, additional: []string{"ns1.a.example. A", "ns2.a.example. A"}},
		{name: "97 B.5 a referral to an unsigned zone", do: true, qname: "mc.b.example.", qtype: dns.TypeMX, referral: true,
			authority: []string{"b.example. NS", "b.example. NSEC+"}, additional: []string{"ns1.b.example. A", "ns2.b.example. A"}},
		{name: "99 B.6 a wildcard expansion", do: true, qname: "a.z.w.example.", qtype: dns.TypeMX,
			answer: []string{"a.z.w.example. MX+"}, authority: []string{ns, "x.y.w.example. NSEC+"},
			additional: []string{"ns1.example. A+", "ns2.example. A+", "ai.example. A+", "ai.example. AAAA+"}},
		{name: "99 B.7 a wildcard no data error", do: true, qname: "a.z.w.example.", qtype: dns.TypeAAAA,
			authority: []string{soa, "x.y.w.example. NSEC+", "*.w.example. NSEC+"}},
		{name: "95 B.8 DS at the apex of a zone whose parent is elsewhere", do: true, qname: "example.", qtype: dns.TypeDS,
			authority: []string{soa, "example. NSEC+"}},
		{name: "95 DS at a cut is answered from the parent's side", do: true, qname: "a.example.", qtype: dns.TypeDS,
			answer: []string{"a.example. DS+"}},
		{name: "95 DS at a cut that has none is NODATA", do: true, qname: "b.example.", qtype: dns.TypeDS,
			authority: []string{soa, "b.example. NSEC+"}},
		{name: "96 without DO no DNSSEC record comes unasked", qname: "a.z.w.example.", qtype: dns.TypeMX,
			answer: []string{"a.z.w.example. MX"}, authority: []string{"example. NS"}},
		{name: "97 without DO a referral has no DS", qname: "mc.a.example.", qtype: dns.TypeMX, referral: true,
			authority: []string{"a.example. NS"}},
		{name: "96 NSEC asked without DO is data", qname: "ns1.example.", qtype: dns.TypeNSEC,
			answer: []string{"ns1.example. NSEC"}, authority: []string{"example. NS"}},
		{name: "96 a question for RRSIG gets all of the name", qname: "ai.example.", qtype: dns.TypeRRSIG,
			answer: []string{"ai.example. RRSIG(A)", "ai.example. RRSIG(AAAA)", "ai.example. RRSIG(HINFO)",
				"ai.example. RRSIG(NSEC)"}, authority: []string{"example. NS"}},
		{name: "104 ANY gets one RRset", do: true, qname: "ai.example.", qtype: dns.TypeANY, answer: []string{"ai.example. A+"}},
		{name: "88 ANY at a cut is a referral", qname: "a.example.", qtype: dns.TypeANY, referral: true,
			authority: []string{"a.example. NS"}},
		{name: "88 NS at a cut is a referral", qname: "a.example.", qtype: dns.TypeNS, referral: true,
			authority: []string{"a.example. NS"}},
		{name: "88 glue is not answered with authority", qname: "ns1.a.example.", qtype: dns.TypeA, referral: true,
			authority: []string{"a.example. NS"}},
		{name: "103 case does not matter", qname: "NS1.eXample.", qtype: dns.TypeA,
			answer: []string{"ns1.example. A"}, authority: []string{"example. NS"}},
	})
}

func TestExamplesOfRFC5155AppendixB(t *testing.T) {
	const insecureC = "\nc NS ns1.c\nc NS ns2.c\nns1.c A 192.0.2.7\nns2.c A 192.0.2.8\n" +
		"2t7b4g4vsa5smi47k61mv5bv1a22bojr A 192.0.2.127\n"
	soa, ns := "example. SOA+", "example. NS+"
	hash := func(h string) string { return h + ".example. NSEC3+" }
	apex := hash("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom")
	v := signedZone(t, "example.", signedExample+insecureC,
		signing{denial: dns.TypeNSEC3, salt: "AABBCCDD", iterations: 12, optOut: true})
	expect(t, v, []question{
		{name: "98 B.1 a name error", do: true, qname: "a.c.x.w.example.", qtype: dns.TypeA, rcode: dns.RcodeNameError,
			authority: []string{soa, apex, hash("b4um86eghhds6nea196smvmlo4ors995"), hash("35mthgpgcu1qg68fab165klnsnk3dpvl")}},
		{name: "98 B.2 a no data error", do: true, qname: "ns1.example.", qtype: dns.TypeMX,
			authority: []string{soa, hash("2t7b4g4vsa5smi47k61mv5bv1a22bojr")}},
		{name: "90 B.2.1 a no data error at an empty non-terminal", do: true, qname: "y.w.example.", qtype: dns.TypeA,
			authority: []string{soa, hash("ji6neoaepv8b5o6k4ev33abha8ht9fgc")}},
		{name: "100 B.3 a referral to an opt-out unsigned zone", do: true, qname: "mc.c.example.", qtype: dns.TypeMX,
			referral: true, authority: []string{"c.example. NS", apex, hash("35mthgpgcu1qg68fab165klnsnk3dpvl")},
			additional: []string{"ns1.c.example. A", "ns2.c.example. A"}},
		{name: "99 B.4 a wildcard expansion", do: true, qname: "a.z.w.example.", qtype: dns.TypeMX,
			answer: []string{"a.z.w.example. MX+"}, authority: []string{ns, hash("q04jkcevqvmu85r014c7dkba38o0ji5r")}},
		{name: "99 B.5 a wildcard no data error", do: true, qname: "a.z.w.example.", qtype: dns.TypeAAAA,
			authority: []string{soa, hash("k8udemvp1j2f7eg6jebps17vp3n8i58h"), hash("q04jkcevqvmu85r014c7dkba38o0ji5r"),
				hash("r53bq7cc2uvmubfu5ocmm6pers9tk9en")}},
		{name: "95 B.6 DS at the apex", do: true, qname: "example.", qtype: dns.TypeDS, authority: []string{soa, apex}},
		{name: "100 DS at an opt-out delegation is NODATA with an encloser proof", do: true, qname: "c.example.",
			qtype: dns.TypeDS, authority: []string{soa, apex, hash("35mthgpgcu1qg68fab165klnsnk3dpvl")}},
		{name: "101 a name that is spelled like a hash is a name of the zone", do: true,
			qname: "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.", qtype: dns.TypeA,
			answer: []string{"2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. A+"}, authority: []string{ns}},
		{name: "101 the owner name of an NSEC3 record does not exist", qname: "q04jkcevqvmu85r014c7dkba38o0ji5r.example.",
			qtype: dns.TypeNSEC3, rcode: dns.RcodeNameError, authority: []string{"example. SOA"}},
	})
}
