package answer

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// What is known of a version beforehand changes no answer.
func TestWhatIsKnownBeforehandIsWhatWouldBeFound(t *testing.T) {
	defer func(n int) { fewNames = n }(fewNames)
	for name, how := range someSignings {
		rnd := rand.New(rand.NewPCG(11, uint64(len(name))))
		for range 40 {
			rrs := sign("z.", randomZone(rnd), how)
			fewNames = 0
			v := load(t, "z.", rrs)
			for range 40 {
				qname, qtype, do := randomName(rnd), someTypes[rnd.IntN(len(someTypes))], rnd.IntN(2) == 0
				if rnd.IntN(8) == 0 {
					qname = "z."
				}
				fewNames = 0
				got := ask(v, qname, qtype, do).String()
				fewNames = math.MaxInt
				if want := ask(v, qname, qtype, do).String(); got != want {
					t.Fatalf("%s: %s %s\nknown:\n%s\nfound:\n%s\nzone:\n%s", name, qname, dns.TypeToString[qtype], got, want, text(rrs))
				}
			}
		}
	}
}

func TestNamesThatAreKnownAreSpelledAsInTheZone(t *testing.T) {
	defer func(n int) { fewNames = n }(fewNames)
	fewNames = 0
	v := parseZone(t, "z.", "$TTL 60\n@ IN SOA ns h 1 2 3 4 5\n@ IN NS nS1\nNs1 IN A 192.0.2.1\nx IN A 192.0.2.2\nY IN MX 1 Ns1\n")
	for range 3 {
		for _, qname := range []string{"X.z.", "y.Z.", "z.", "missing.z."} {
			Answer(v, Query{Name: owner.MustParse(qname), Type: dns.TypeMX})
		}
		if r := ask(v, "x.z.", dns.TypeA, false); len(r.additional) != 1 || r.additional[0].Header().Name != "Ns1.z." {
			t.Fatal(r)
		}
	}
}
