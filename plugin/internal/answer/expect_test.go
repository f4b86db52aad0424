package answer

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A question is a case of a table: what is asked of a zone, and what must come back. Sections are
// given as "owner TYPE", a plus at the end where the RRSIG is sent along; a name stands for all its records.
type question struct {
	name                          string // a sentence, with the number in the checklist
	qname                         string
	qtype                         uint16
	do                            bool
	rcode                         int
	referral                      bool // AA is clear
	answer, authority, additional []string
}

func expect(t *testing.T, v *zone.Version, cases []question) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := ask(v, c.qname, c.qtype, c.do)
			if r.rcode != c.rcode || r.aa == c.referral {
				t.Errorf("%s aa=%t\n%s", dns.RcodeToString[r.rcode], r.aa, r)
			}
			for section, got := range map[string][]dns.RR{"answer": r.answer, "authority": r.authority, "additional": r.additional} {
				want := map[string][]string{"answer": c.answer, "authority": c.authority, "additional": c.additional}[section]
				if section == "additional" && want == nil {
					continue
				}
				if got := summary(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
					t.Errorf("%s is\n\t%s\nwant\n\t%s", section, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
				}
			}
		})
	}
}

// summary names the RRsets of a section.
func summary(section []dns.RR) (out []string) {
	signed := map[string]bool{}
	for _, rr := range section {
		if sig, ok := rr.(*dns.RRSIG); ok {
			signed[setName(sig.Hdr.Name, sig.TypeCovered)] = true
		}
	}
	for _, rr := range section {
		if sig, ok := rr.(*dns.RRSIG); ok {
			if find(section, sig.Hdr.Name, sig.TypeCovered) == nil {
				out = append(out, sig.Hdr.Name+" RRSIG("+dns.TypeToString[sig.TypeCovered]+")")
			}
			continue
		}
		id := setName(rr.Header().Name, rr.Header().Rrtype)
		if signed[id] {
			id += "+"
		}
		out = append(out, id)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func setName(name string, rrtype uint16) string { return name + " " + dns.TypeToString[rrtype] }

// signedZone reads a master file and signs it.
func signedZone(t testing.TB, origin, text string, how signing) *zone.Version {
	t.Helper()
	p := dns.NewZoneParser(strings.NewReader(text), origin, "")
	var rrs []dns.RR
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		rrs = append(rrs, rr)
	}
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	return load(t, origin, sign(origin, rrs, how))
}
