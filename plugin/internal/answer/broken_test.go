package answer

import (
	"slices"
	"testing"

	"github.com/miekg/dns"
)

// without leaves records out.
func without(rrs []dns.RR, drop func(dns.RR) bool) []dns.RR {
	return slices.DeleteFunc(slices.Clone(rrs), drop)
}

func exampleRecords(t *testing.T, how signing) []dns.RR {
	t.Helper()
	var rrs []dns.RR
	v := signedZone(t, "example.", signedExample+insecureB, how)
	for rr := range v.All() {
		rrs = append(rrs, decode(dns.RR_Header{Name: rr.Owner.String(), Rrtype: rr.Type, Class: dns.ClassINET, Ttl: rr.TTL}, rr.Data))
	}
	return rrs
}

func TestBrokenZonesLoseTheirProofsAndNothingElse(t *testing.T) {
	nsec3 := signing{denial: dns.TypeNSEC3, salt: "AB"}
	for _, c := range []struct {
		name string
		how  signing
		drop func(dns.RR) bool
	}{
		{"no NSEC3 at all", nsec3, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeNSEC3 }},
		{"no NSEC3PARAM", nsec3, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeNSEC3PARAM }},
		{"no NSEC but the apex's", signing{denial: dns.TypeNSEC}, func(rr dns.RR) bool {
			return rr.Header().Rrtype == dns.TypeNSEC && rr.Header().Name != "example."
		}},
		{"no NSEC at the apex", signing{denial: dns.TypeNSEC}, func(rr dns.RR) bool {
			return rr.Header().Rrtype == dns.TypeNSEC && rr.Header().Name == "example."
		}},
		{"no signatures", nsec3, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeRRSIG }},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := load(t, "example.", without(exampleRecords(t, c.how), c.drop))
			for qname, rcode := range map[string]int{"ml.example.": dns.RcodeNameError, "y.w.example.": 0, "a.z.w.example.": 0,
				"mc.b.example.": 0, "b.example.": 0} {
				for _, qtype := range []uint16{dns.TypeMX, dns.TypeA, dns.TypeDS} {
					r := ask(v, qname, qtype, true)
					if err := r.invariants(); err != nil || r.rcode != rcode {
						t.Errorf("%s: %v\n%s", qname, err, r)
					}
				}
			}
		})
	}
}

// flagged sets a flag in the NSEC3PARAM that has the salt.
func flagged(rrs []dns.RR, salt string) (out []dns.RR) {
	for _, rr := range rrs {
		if p, ok := dns.Copy(rr).(*dns.NSEC3PARAM); ok && p.Salt == salt {
			p.Flags = 1
			rr = p
		}
		out = append(out, rr)
	}
	return out
}

// While a zone goes from one NSEC3 chain to another, the records of both lie mixed.
func TestOnlyRecordsOfTheChosenChainProve(t *testing.T) { // checklist 52, 100
	v1, v2 := signing{denial: dns.TypeNSEC3, salt: "AA"}, signing{denial: dns.TypeNSEC3, salt: "BB", iterations: 2}
	old := exampleRecords(t, v1)
	for _, rr := range exampleRecords(t, v2) {
		sig, isSig := rr.(*dns.RRSIG)
		if t := rr.Header().Rrtype; t == dns.TypeNSEC3 || t == dns.TypeNSEC3PARAM || isSig && sig.TypeCovered == dns.TypeNSEC3 {
			old = append(old, rr)
		}
	}
	apexOf := func(salt string) func(dns.RR) bool {
		return func(rr dns.RR) bool {
			n, ok := rr.(*dns.NSEC3)
			return ok && n.Salt == salt && slices.Contains(n.TypeBitMap, dns.TypeSOA)
		}
	}
	for _, c := range []struct {
		name string
		rrs  []dns.RR
		how  []signing
	}{
		{"either chain will do", old, []signing{v1, v2}},
		{"a chain without a record for the apex is not complete", without(old, apexOf("aa")), []signing{v2}},
		{"nor is the other", without(old, apexOf("bb")), []signing{v1}},
		{"an NSEC3PARAM with flags is ignored", flagged(old, "aa"), []signing{v2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := load(t, "example.", c.rrs)
			for _, qname := range []string{"ml.example.", "y.w.example.", "a.z.w.example.", "mc.b.example.", "a.c.x.w.example."} {
				r := ask(v, qname, dns.TypeA, true)
				if !slices.ContainsFunc(c.how, func(how signing) bool {
					how.salt = map[string]string{"AA": "aa", "BB": "bb"}[how.salt]
					return r.check(how) == nil
				}) {
					t.Errorf("%s: no chain proves it\n%s", qname, r)
				}
			}
		})
	}
}
