package guard

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// noon is the time at which candidates are judged.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// usual is what every zone has.
const usual = "@ NS ns1\n@ NS ns2\n"

// records are those of a text in the form of RFC 1035 §5.1, of the zone example., with a TTL of 3600. An SOA of the
// given serial goes with them, unless the text has one.
func records(t testing.TB, serial uint32, text string) (list []zone.RR) {
	t.Helper()
	parser := dns.NewZoneParser(strings.NewReader("$TTL 3600\n"+text), "example.", "")
	wire := make([]byte, 1<<16)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		n, err := dns.PackRR(rr, wire, 0, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		for record, err := range zone.Records(slices.Clone(wire[:n])) {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, record)
		}
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(list, func(rr zone.RR) bool { return rr.Type == dns.TypeSOA }) {
		soa := fmt.Sprintf("@ SOA ns1 hostmaster %d 7200 1800 1209600 3600", serial)
		return append(records(t, serial, soa), list...)
	}
	return list
}

// lines is a format filled in with each number from one to before another.
func lines(from, to int, format string) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, format+"\n", i)
	}
	return b.String()
}

// whole is a zone with the given records, which replaces another or is the first.
func whole(t testing.TB, base *zone.Version, list []zone.RR) (*zone.Version, *zone.Delta) {
	t.Helper()
	return commit(t, zone.Replace(apex, base), nil, list)
}

// edited is a zone after a transfer of what is different.
func edited(t testing.TB, base, is *zone.Version) (*zone.Version, *zone.Delta) {
	t.Helper()
	return commit(t, zone.Begin(base), without(base, is), without(is, base))
}

func commit(t testing.TB, txn *zone.Txn, deleted, added []zone.RR) (*zone.Version, *zone.Delta) {
	t.Helper()
	for _, rr := range deleted {
		if err := txn.Delete(rr); err != nil {
			t.Fatalf("%s %s: %v", rr.Owner, dns.Type(rr.Type), err)
		}
	}
	for _, rr := range added {
		if err := txn.Add(rr); err != nil {
			t.Fatalf("%s %s: %v", rr.Owner, dns.Type(rr.Type), err)
		}
	}
	v, d, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v, d
}

// without are the records of one version that are not in another.
func without(v, other *zone.Version) (left []zone.RR) {
	there := map[string]bool{}
	for rr := range other.All() {
		there[string(rr.AppendWire(nil))] = true
	}
	for rr := range v.All() {
		if !there[string(rr.AppendWire(nil))] {
			left = append(left, rr)
		}
	}
	return left
}

// ways are all ways in which one content may follow another: what is different comes, or all comes, and what of it is
// different is known or not.
func ways(t *testing.T, was, is []zone.RR) map[string]*Change {
	t.Helper()
	old, _ := whole(t, nil, was)
	again, merged := whole(t, old, is)
	next, delta := edited(t, old, again)
	if next.SetHash() != again.SetHash() {
		t.Fatal("the two ways do not lead to the same")
	}
	list := map[string]*Change{
		"IXFR":             {Candidate: Candidate{Old: old, Version: next, Delta: delta}},
		"AXFR":             {Candidate: Candidate{Old: old, Version: again, Delta: merged}},
		"without a delta":  {Candidate: Candidate{Old: old, Version: again}},
		"partly a delta":   {Candidate: Candidate{Old: old, Version: next, Delta: &zone.Delta{Partial: true}}},
		"with a condensed": {Candidate: Candidate{Old: old, Version: next, Delta: backwards(delta)}},
	}
	for _, c := range list {
		c.Now, c.Before = noon, StatisticsOf(old)
		c.After = c.Before.After(old, c.Version, c.Delta)
	}
	return list
}

// backwards is a Delta whose records are in no order of names, as those that zone.Condense makes.
func backwards(d *zone.Delta) *zone.Delta {
	turn := func(wire []byte) (turned []byte) {
		for rr, err := range zone.Records(wire) {
			if err != nil {
				panic(err)
			}
			turned = append(rr.AppendWire(nil), turned...)
		}
		return turned
	}
	b := *d
	b.Deleted, b.Added = turn(d.Deleted), turn(d.Added)
	return &b
}

// A ruleCase is what one rule says of the change from one content to another.
type ruleCase struct {
	name    string
	was, is string
	policy  func(*Policy)
	verdict Verdict // Accept: nothing is found
	reason  string  // all of it, or how it begins
}

func check(t *testing.T, rule Rule, cases []ruleCase) {
	t.Helper()
	for _, c := range cases {
		p := DefaultPolicy()
		if c.policy != nil {
			c.policy(p)
		}
		for way, change := range ways(t, records(t, 1, c.was), records(t, 2, c.is)) {
			checkFinding(t, c.name+" ("+way+")", findingOf(p.Examine(change), rule), c.verdict, c.reason)
		}
	}
}

// findingOf is what a rule has found; the zero Finding: nothing.
func findingOf(list []Finding, rule Rule) Finding {
	for _, f := range list {
		if f.Rule == rule {
			return f
		}
	}
	return Finding{}
}

func checkFinding(t *testing.T, name string, f Finding, verdict Verdict, reason string) {
	t.Helper()
	if f.Verdict != verdict || !strings.HasPrefix(f.Reason, reason) || reason == "" && f.Reason != "" {
		t.Errorf("%s: %s, %q", name, f.Verdict, f.Reason)
	}
}

func name(s string) owner.Name { return owner.MustParse(s) }

// sigOver is an RRSIG over a type, that expires in so many hours.
func sigOver(name, covered string, hours int) string {
	expires := noon.Add(time.Duration(hours) * time.Hour).Format("20060102150405")
	return fmt.Sprintf("%s RRSIG %s 8 2 3600 %s 20261101000000 12345 example. AAAA\n", name, covered, expires)
}

// hashed are NSEC3 records with their RRSIGs.
func hashed(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "%032d NSEC3 1 0 0 - %032d A RRSIG\n", i, i+1)
		b.WriteString(sigOver(fmt.Sprintf("%032d", i), "NSEC3", 72))
	}
	return b.String()
}
