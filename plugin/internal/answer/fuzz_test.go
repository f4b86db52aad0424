package answer

import (
	"math/rand/v2"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// FuzzAnswer asks a random zone, whole or with records missing, for a name and type that the fuzzer chooses.
func FuzzAnswer(f *testing.F) {
	f.Add(uint64(1), uint64(0), []byte("a.b"), dns.TypeA, true)
	f.Add(uint64(2), uint64(3), []byte("*.c"), dns.TypeDS, true)
	f.Add(uint64(3), uint64(7), []byte(`\000.*.w`), dns.TypeANY, false)
	f.Fuzz(func(t *testing.T, seed, damage uint64, labels []byte, qtype uint16, do bool) {
		name, err := owner.Parse(string(labels) + ".z.")
		if err != nil || !name.IsBelowOrEqual(owner.MustParse("z.")) {
			t.Skip()
		}
		rnd := rand.New(rand.NewPCG(seed, 0))
		names := []string{"unsigned", "NSEC", "NSEC3", "NSEC3 with a salt", "NSEC3 with opt-out"}
		how := someSignings[names[seed%uint64(len(names))]]
		rrs := sign("z.", randomZone(rnd), how)
		if damage > 0 { // drop one record of every few, but the SOA
			hole := rand.New(rand.NewPCG(damage, 1))
			rrs = without(rrs, func(rr dns.RR) bool { return rr.Header().Rrtype != dns.TypeSOA && hole.IntN(4) == 0 })
		}
		v := load(t, "z.", rrs)
		r := ask(v, name.String(), qtype, do)
		if err := r.invariants(); err != nil {
			t.Fatalf("%s %d: %v\n%s\nzone:\n%s", name, qtype, err, r, text(rrs))
		}
		if damage == 0 && do && how.denial != dns.TypeNone {
			if err := r.check(how); err != nil {
				t.Fatalf("%s %d: %v\n%s\nzone:\n%s", name, qtype, err, r, text(rrs))
			}
		}
	})
}
