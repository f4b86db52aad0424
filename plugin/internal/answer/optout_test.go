package answer

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Under opt-out an empty non-terminal above nothing but unsigned delegations has no NSEC3 (RFC 5155 §7.1 with
// erratum 3441). Here these are hid.e.test, hid.w.test, hid.d.test and *.o.test.
const hiddenZone = `$TTL 600
@            SOA ns h 1 2 3 4 300
@            NS  ns.example.net.
txt.e        TXT "makes e exist"
cut.hid.e    NS  ns.example.net.
a.*.w        TXT "makes *.w exist, and owns nothing at it"
cut.hid.w    NS  ns.example.net.
*.d          A   192.0.2.1
cut.hid.d    NS  ns.example.net.
txt.o        TXT "makes o exist"
cut.*.o      NS  ns.example.net.
`

// nsec3Set names the NSEC3 RRsets that match names or cover them.
func nsec3Set(t *testing.T, v *zone.Version, names ...string) []string {
	t.Helper()
	var hashes, set []string
	for c, ok := v.HashedCursor(), true; ok; {
		if hashes == nil && !c.First() {
			t.Fatal("no NSEC3")
		}
		hashes = append(hashes, strings.TrimSuffix(string(c.Node().Key()), "\x00"))
		ok = c.Next()
	}
	for _, name := range names {
		at, found := slices.BinarySearch(hashes, strings.ToLower(dns.HashName(name, 1, 0, "")))
		if !found {
			at = (at + len(hashes) - 1) % len(hashes)
		}
		set = append(set, hashes[at]+".test. NSEC3+")
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func TestOptOutHidesEmptyNonTerminals(t *testing.T) {
	v := signedZone(t, "test.", hiddenZone, signing{denial: dns.TypeNSEC3, optOut: true})
	for _, c := range []struct {
		name, qname string
		rcode       int
		proofs      []string // the names that the NSEC3 records match or cover
		qtype       uint16   // if not MX
	}{
		{"100 NXDOMAIN below it is proved from the closest provable encloser", "x.hid.e.test.", dns.RcodeNameError,
			[]string{"e.test.", "hid.e.test.", "*.e.test."}, 0},
		{"100 so it is several labels below", "z.y.x.hid.e.test.", dns.RcodeNameError,
			[]string{"e.test.", "hid.e.test.", "*.e.test."}, 0},
		{"100 a wildcard there that cannot be covered is shown: an empty non-terminal", "x.hid.w.test.", dns.RcodeNameError,
			[]string{"w.test.", "hid.w.test.", "*.w.test."}, 0},
		{"100 a wildcard there that cannot be covered is shown: one with data", "x.hid.d.test.", dns.RcodeNameError,
			[]string{"d.test.", "hid.d.test.", "*.d.test."}, 0},
		{"100 NODATA at it is a closest encloser proof", "hid.e.test.", dns.RcodeSuccess, []string{"e.test.", "hid.e.test."}, 0},
		{"99 a wildcard that is one is covered", "x.o.test.", dns.RcodeSuccess, []string{"o.test.", "x.o.test.", "*.o.test."}, 0},
		{"99 NODATA at a wildcard that is one is a closest encloser proof", "*.o.test.", dns.RcodeSuccess,
			[]string{"o.test.", "*.o.test."}, 0},
		{"95 DS at a name for which one stands needs no more", "x.o.test.", dns.RcodeSuccess, []string{"o.test.", "x.o.test."},
			dns.TypeDS},
		{"98 DS at a name for which none stands does", "x.e.test.", dns.RcodeNameError,
			[]string{"e.test.", "x.e.test.", "*.e.test."}, dns.TypeDS},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ask(v, c.qname, cmp.Or(c.qtype, dns.TypeMX), true)
			want := append(nsec3Set(t, v, c.proofs...), "test. SOA+")
			if len(want) != len(c.proofs)+1 {
				t.Fatal("one NSEC3 does for two names: choose others")
			}
			slices.Sort(want)
			if got := summary(r.authority); r.rcode != c.rcode || !slices.Equal(got, want) {
				t.Errorf("%s\n\t%s\nwant %s\n\t%s", dns.RcodeToString[r.rcode], strings.Join(got, "\n\t"),
					dns.RcodeToString[c.rcode], strings.Join(want, "\n\t"))
			}
		})
	}
}
