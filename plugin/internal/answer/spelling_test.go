package answer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

func TestOwnersAreSpelledAsInTheZone(t *testing.T) { // checklist 103, defect D13
	v := parseZone(t, "Test.", `$TTL 600
@         SOA ns h 1 2 3 4 300
@         NS  ns
nS        A   192.0.2.1
WWW       A   192.0.2.2
plain     A   192.0.2.3
Alias     CNAME www
*.W       CNAME pLAIN
D         DNAME yY
x.Yy      A   192.0.2.4
Cut       NS  nS.cut
ns.CUT    A   192.0.2.5
Mx        MX  1 any.a
*.A       A   192.0.2.6
`)
	expect(t, v, []question{
		{name: "at QNAME", qname: "wWw.tEst.", qtype: dns.TypeA, answer: []string{"WWW.Test. A"}, authority: []string{"Test. NS"}},
		{name: "at a name in lower case", qname: "PLAIN.TEST.", qtype: dns.TypeA,
			answer: []string{"plain.Test. A"}, authority: []string{"Test. NS"}},
		{name: "at the apex", qname: "test.", qtype: dns.TypeNS, answer: []string{"Test. NS"}, additional: []string{"nS.Test. A"}},
		{name: "at an alias and at its target", qname: "alias.test.", qtype: dns.TypeA,
			answer: []string{"Alias.Test. CNAME", "WWW.Test. A"}, authority: []string{"Test. NS"}},
		{name: "but a wildcard's name as it was asked", qname: "fOO.w.test.", qtype: dns.TypeA,
			answer: []string{"fOO.w.test. CNAME", "plain.Test. A"}, authority: []string{"Test. NS"}},
		{name: "and a synthesised CNAME too", qname: "X.d.test.", qtype: dns.TypeA,
			answer: []string{"D.Test. DNAME", "X.d.test. CNAME", "x.Yy.Test. A"}, authority: []string{"Test. NS"}},
		{name: "at a cut and in its glue", qname: "a.cut.TEST.", qtype: dns.TypeA, referral: true,
			authority: []string{"Cut.Test. NS"}, additional: []string{"ns.CUT.Test. A"}},
		{name: "an address from a wildcard as its target", qname: "mx.test.", qtype: dns.TypeMX,
			answer: []string{"Mx.Test. MX"}, authority: []string{"Test. NS"}, additional: []string{"any.a.Test. A", "nS.Test. A"}},
	})
}

func TestEveryOwnerInTheZoneKeepsItsSpelling(t *testing.T) { // checklist 103
	for name, how := range someSignings {
		t.Run(name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(3, uint64(len(name))))
			for range 60 {
				rrs := randomZone(rnd)
				spellings := map[string]string{}
				for _, rr := range rrs {
					lower := rr.Header().Name
					if spellings[lower] == "" {
						spellings[lower] = mixedCase(rnd, lower)
					}
					rr.Header().Name = spellings[lower]
				}
				v := load(t, "z.", sign("z.", rrs, how))
				for range 60 {
					qname := mixedCase(rnd, randomName(rnd))
					r := ask(v, qname, someTypes[rnd.IntN(len(someTypes))], true)
					if err := r.spelling(v); err != nil {
						t.Fatalf("%s: %v\n%s\nzone:\n%s", qname, err, r, text(rrs))
					}
				}
			}
		})
	}
}

// spelling checks the owners that are in the zone.
func (r *reply) spelling(v *zone.Version) error {
	for _, rr := range slices.Concat(r.answer, r.authority, r.additional) {
		name := rr.Header().Name
		key, _ := owner.AppendKey(nil, owner.MustParse(name), v.Apex())
		node, found := v.Get(key)
		if !found || rr.Header().Rrtype == dns.TypeCNAME && r.redirected(name) {
			continue
		}
		if want := node.Owner(nil, v.Apex()).String(); name != want {
			return fmt.Errorf("%s is spelled %s", want, name)
		}
	}
	return nil
}

func mixedCase(rnd *rand.Rand, name string) string {
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' && rnd.IntN(2) == 0 {
			return c - 'a' + 'A'
		}
		return c
	}, name)
}

func TestSpellingCostsNothingInLowerCase(t *testing.T) {
	v := parseZone(t, "test.", aliasZone)
	var r Result
	for _, qname := range []string{"two.test.", "www.x.test.", "tocut.test.", "any.w.test.", "WWW.X.TEST."} {
		q := Query{Name: owner.MustParse(qname), Type: dns.TypeA}
		if n := testing.AllocsPerRun(10, func() { r.Fill(v, q) }); n > 0 {
			t.Errorf("%s: %v allocations", qname, n)
		}
	}
	q := Query{Name: owner.MustParse("target.test."), Type: dns.TypeA}
	if r.Fill(v, q); &r.Answer[0].Owner[0] != &q.Name[0] {
		t.Error("the name of the question is not used again")
	}
}
