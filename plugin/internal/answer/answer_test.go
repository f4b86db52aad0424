package answer

import (
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

func TestNegativeAnswersLiveAsLongAsTheSOAAllows(t *testing.T) { // checklist 89
	for _, c := range []struct {
		name     string
		ttl, min string
		want     uint32
	}{
		{"the SOA's TTL is lower", "60", "900", 60},
		{"MINIMUM is lower", "3600", "300", 300},
		{"MINIMUM is zero", "3600", "0", 0},
		{"both have the top bit set", "2147483648", "4294967295", 2147483648},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := signedZone(t, "test.", "@ "+c.ttl+" SOA ns h 1 2 3 4 "+c.min+"\n@ 60 NS ns\n", signing{denial: dns.TypeNSEC})
			for _, rr := range ask(v, "missing.test.", dns.TypeA, true).authority {
				sig, isSig := rr.(*dns.RRSIG)
				isSOA := rr.Header().Rrtype == dns.TypeSOA || isSig && sig.TypeCovered == dns.TypeSOA
				if isSOA && rr.Header().Ttl != c.want {
					t.Errorf("%v, want TTL %d", rr, c.want)
				}
			}
		})
	}
}

func TestReferrals(t *testing.T) {
	v := parseZone(t, "test.", `$TTL 600
@        SOA ns h 1 2 3 4 300
@        NS  ns
@        NS  ns.child
ns       A   192.0.2.1
child    NS  ns.child
child    NS  ns.sibling
child    NS  ns
child    NS  ns.example.net.
ns.child A   192.0.2.2
ns.child AAAA 2001:db8::2
sibling  NS  ns.sibling
ns.sibling A 192.0.2.3
nested.child NS ns.nested.child
ns.nested.child A 192.0.2.4
mx       MX  10 mail.child
mx       MX  20 ns
mail.child A 192.0.2.5
`)
	expect(t, v, []question{
		{name: "88 glue, sibling glue and our own addresses are added", qname: "www.child.test.", qtype: dns.TypeA, referral: true,
			authority:  []string{"child.test. NS"},
			additional: []string{"ns.child.test. A", "ns.child.test. AAAA", "ns.sibling.test. A", "ns.test. A"}},
		{name: "88 a cut below a cut is hidden", qname: "www.nested.child.test.", qtype: dns.TypeA, referral: true,
			authority: []string{"child.test. NS"}},
		{name: "95 so is its DS", qname: "nested.child.test.", qtype: dns.TypeDS, referral: true,
			authority: []string{"child.test. NS"}},
		{name: "88 addresses below a cut are told of nameservers only", qname: "mx.test.", qtype: dns.TypeMX,
			answer: []string{"mx.test. MX"}, authority: []string{"test. NS"},
			additional: []string{"ns.test. A", "ns.child.test. A", "ns.child.test. AAAA"}},
	})
	r := Answer(v, Query{Name: owner.MustParse("www.child.test."), Type: dns.TypeA})
	if r.Glue != 2 {
		t.Errorf("%d of the additional RRsets are glue that must not be left out", r.Glue)
	}
}

func TestAdditionalData(t *testing.T) {
	v := parseZone(t, "test.", `$TTL 600
@      SOA ns h 1 2 3 4 300
@      NS  ns
ns     A   192.0.2.1
srv    SRV 0 0 1 host
host   A   192.0.2.2
host   AAAA 2001:db8::2
here   HTTPS 1 . alpn=h2
here   A   192.0.2.3
alias  SVCB 0 host
none   SVCB 0 .
mxnull MX 0 .
mxw    MX  1 any.w
*.w    A   192.0.2.4
mxc    MX  1 cname
cname  CNAME host
mxd    MX  1 host.d
d      DNAME @
`)
	const ns = "ns.test. A"
	ask := func(name, qname string, qtype uint16, additional ...string) question {
		return question{name: name, qname: qname, qtype: qtype, answer: []string{setName(qname, qtype)},
			authority: []string{"test. NS"}, additional: append(additional, ns)}
	}
	expect(t, v, []question{
		ask("SRV has the addresses of its target", "srv.test.", dns.TypeSRV, "host.test. A", "host.test. AAAA"),
		ask("the dot of ServiceMode is the owner", "here.test.", dns.TypeHTTPS, "here.test. A"),
		ask("AliasMode has the addresses of its target", "alias.test.", dns.TypeSVCB, "host.test. A", "host.test. AAAA"),
		ask("the dot of AliasMode is nothing", "none.test.", dns.TypeSVCB),
		ask("a null MX has nothing", "mxnull.test.", dns.TypeMX),
		ask("wildcards give addresses too", "mxw.test.", dns.TypeMX, "any.w.test. A"),
		ask("a target that is an alias has nothing", "mxc.test.", dns.TypeMX),
		ask("a target below a DNAME has nothing", "mxd.test.", dns.TypeMX),
	})
	minimal := Answer(v, Query{Name: owner.MustParse("srv.test."), Type: dns.TypeSRV, Minimal: true})
	if len(minimal.Authority) != 0 || len(minimal.Additional) != 2 {
		t.Errorf("a minimal answer has %d RRsets in authority and %d in additional", len(minimal.Authority), len(minimal.Additional))
	}
}

func TestNamesOutsideTheZoneAreRefused(t *testing.T) { // checklist 87
	r := ask(parseZone(t, "test.", wildcardZone), "example.org.", dns.TypeA, true)
	if r.rcode != dns.RcodeRefused || r.aa || len(r.answer)+len(r.authority)+len(r.additional) > 0 {
		t.Error(r)
	}
}

func TestAResultCanBeUsedAgain(t *testing.T) {
	v := signedZone(t, "example.", signedExample+insecureB, signing{denial: dns.TypeNSEC})
	var r Result
	for range 3 {
		for _, qname := range []string{"ml.example.", "mc.b.example.", "a.z.w.example.", "ns1.example."} {
			q := Query{Name: owner.MustParse(qname), Type: dns.TypeMX, DO: true}
			r.Fill(v, q)
			fresh := Answer(v, q)
			for i, got := range [][]Record{r.Answer, r.Authority, r.Additional} {
				want := [][]Record{fresh.Answer, fresh.Authority, fresh.Additional}[i]
				if !slices.Equal(summary(AppendRRs(nil, got...)), summary(AppendRRs(nil, want...))) {
					t.Errorf("%s: section %d differs", qname, i)
				}
			}
		}
	}
	r.Reset()
	if len(r.Answer)+len(r.Authority)+len(r.Additional) > 0 || r.search.v != nil {
		t.Error("Reset leaves something behind")
	}
}
