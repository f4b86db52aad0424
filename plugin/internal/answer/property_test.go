package answer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// ask answers a question and makes a reply of the result.
func ask(v *zone.Version, name string, qtype uint16, do bool) *reply {
	r := Answer(v, Query{Name: owner.MustParse(name), Type: qtype, DO: do})
	return &reply{
		origin: v.Apex().Canonical(), qname: strings.ToLower(dns.Fqdn(name)), qtype: qtype, rcode: r.Rcode, aa: r.Authoritative,
		answer: AppendRRs(nil, r.Answer...), authority: AppendRRs(nil, r.Authority...),
		additional: AppendRRs(nil, r.Additional...),
	}
}

var someSignings = map[string]signing{
	"unsigned":               {},
	"NSEC":                   {denial: dns.TypeNSEC},
	"NSEC3":                  {denial: dns.TypeNSEC3},
	"NSEC3 with a salt":      {denial: dns.TypeNSEC3, salt: "aabbccdd", iterations: 3},
	"NSEC3 with opt-out":     {denial: dns.TypeNSEC3, optOut: true},
	"opt-out with long salt": {denial: dns.TypeNSEC3, optOut: true, salt: strings.Repeat("0f", 255), iterations: 1},
}

// randomZone makes a small zone in which everything that can meet does meet.
func randomZone(rnd *rand.Rand) []dns.RR {
	lines := []string{"z. 600 IN SOA ns.z. h.z. 1 2 3 4 300", "z. 600 IN NS ns.z.", "ns.z. 600 IN A 192.0.2.1"}
	taken := map[string]bool{"z.": true, "ns.z.": true}
	for range 1 + rnd.IntN(14) {
		name := randomName(rnd)
		if taken[name] {
			continue
		}
		taken[name] = true
		target := randomName(rnd)
		if rnd.IntN(6) == 0 {
			target = parent(name) // chains that come back to where they were
		}
		switch rnd.IntN(9) {
		case 0:
			lines = append(lines, name+" 600 IN CNAME "+target)
		case 1:
			if name[0] != '*' {
				lines = append(lines, name+" 600 IN DNAME "+target)
			}
		case 2, 3:
			if name[0] == '*' {
				continue
			}
			lines = append(lines, name+" 600 IN NS "+target, name+" 600 IN NS ns."+name)
			if rnd.IntN(2) == 0 {
				lines = append(lines, name+" 600 IN DS 1 13 2 AABB")
			}
			lines = append(lines, "ns."+name+" 600 IN A 192.0.2.2")
			taken["ns."+name] = true
		case 4:
			lines = append(lines, name+" 600 IN MX 10 "+target, name+" 600 IN TXT x")
		default:
			lines = append(lines, name+" 600 IN A 192.0.2.3")
		}
	}
	return mustRecords(lines)
}

func randomName(rnd *rand.Rand) string {
	labels := []string{"a", "b", "c", "*", "*", "w", "!", `\000`}
	name := "z."
	for range 1 + rnd.IntN(3) {
		name = labels[rnd.IntN(len(labels))] + "." + name
	}
	return name
}

func mustRecords(lines []string) (rrs []dns.RR) {
	for _, line := range lines {
		rr, err := dns.NewRR(line)
		if err != nil {
			panic(fmt.Sprint(line, err))
		}
		rrs = append(rrs, rr)
	}
	return rrs
}

var someTypes = []uint16{
	dns.TypeA, dns.TypeA, dns.TypeTXT, dns.TypeMX, dns.TypeNS, dns.TypeDS, dns.TypeCNAME, dns.TypeDNAME, dns.TypeSOA,
	dns.TypeANY, dns.TypeRRSIG, dns.TypeNSEC, dns.TypeNSEC3,
}

func TestEveryDenialFromARandomZoneValidates(t *testing.T) { // checklist 97 to 101
	zones := 120
	if testing.Short() {
		zones = 30
	}
	for name, how := range someSignings {
		t.Run(name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, uint64(len(name))))
			for range zones {
				rrs := sign("z.", randomZone(rnd), how)
				v := load(t, "z.", rrs)
				for range 60 {
					qname, qtype := randomName(rnd), someTypes[rnd.IntN(len(someTypes))]
					r := ask(v, qname, qtype, true)
					err := r.invariants()
					if err == nil && how.denial != dns.TypeNone {
						err = r.check(how)
					}
					if err != nil {
						t.Fatalf("%s %s: %v\n%s\nzone:\n%s", qname, dns.TypeToString[qtype], err, r, text(rrs))
					}
				}
			}
		})
	}
}

func text(rrs []dns.RR) string {
	var b strings.Builder
	for _, rr := range rrs {
		b.WriteString(rr.String() + "\n")
	}
	return b.String()
}

// String shows a reply as dig does.
func (r *reply) String() string {
	return fmt.Sprintf("%s aa=%t\nANSWER\n%sAUTHORITY\n%sADDITIONAL\n%s", dns.RcodeToString[r.rcode], r.aa,
		text(r.answer), text(r.authority), text(r.additional))
}

// invariants are what holds for every reply.
func (r *reply) invariants() error {
	for i, section := range [][]dns.RR{r.answer, r.authority, r.additional} {
		seen := map[string]bool{}
		for _, rr := range section {
			text := strings.ToLower(rr.String())
			if seen[text] {
				return fmt.Errorf("section %d has a record twice: %v", i, rr)
			}
			seen[text] = true
		}
	}
	soa, cut := find(r.authority, r.origin, dns.TypeSOA) != nil, r.cut() != ""
	switch {
	case r.rcode == dns.RcodeNameError && !soa:
		return fmt.Errorf("NXDOMAIN without an SOA")
	case soa && cut:
		return fmt.Errorf("a referral with an SOA")
	case soa && find(r.answer, r.qname, r.qtype) != nil:
		return fmt.Errorf("an answer with an SOA in authority")
	case r.aa == (cut && len(r.answer) == 0):
		return fmt.Errorf("AA is %t", r.aa)
	case len(r.answer) == 0 && !soa && !cut:
		return fmt.Errorf("nothing at all")
	}
	return nil
}
