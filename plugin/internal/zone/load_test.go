package zone

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// shuffled is a list in an order of its own.
func shuffled(list []RR) []RR {
	list = slices.Clone(list)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// loadSmall makes a version with batches and runs so small that a few records fill many.
func loadSmall(t *testing.T, list []RR, base *Version) (*Version, *Delta) {
	t.Helper()
	txn := Replace(owner.MustParse("example."), base)
	txn.batchSize, txn.runSize = 50, 70
	for _, rr := range list {
		if err := txn.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	v, d, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	checkOrder(t, v)
	checkCounts(t, v)
	return v, d
}

// sharedPages is how many pages of a version are those of another one.
func sharedPages(v, o *Version) (n int) {
	have := map[*byte]bool{}
	for p := range o.names.pages() {
		have[&p[0]] = true
	}
	for p := range v.names.pages() {
		if have[&p[0]] {
			n++
		}
	}
	return n
}

func TestAZoneMayComeInAnyOrder(t *testing.T) {
	sorted := benchRecords(4_000)
	// The SOA comes first, as in every AXFR; what lies in one name may be torn apart.
	rest := sorted[1:]
	reversed := slices.Clone(rest)
	slices.Reverse(reversed)
	straggler := append(slices.Clone(rest[200:]), rest[:200]...)
	late := append(append(slices.Clone(rest[:1000]), rest[1001:]...), rest[1000])
	want, _ := loadSmall(t, sorted, nil)
	old, _ := loadSmall(t, append(benchRecords(3_800), RR{owner.MustParse("H000007.example."), dns.TypeMX, 5, []byte("\x00\x01\x00")}), nil)
	for name, list := range map[string][]RR{
		"in order": rest, "in reverse order": reversed, "at random": shuffled(rest),
		"with the beginning at the end": straggler, "with one record at the end": late,
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := loadSmall(t, append(sorted[:1:1], list...), nil)
			if !slices.Equal(versionLines(v), versionLines(want)) || v.SetHash() != want.SetHash() || v.Records() != want.Records() {
				t.Error("it is another zone")
			}
			if v.Octets() != want.Octets() || v.Names() != want.Names() {
				t.Errorf("%d octets and %d names, not %d and %d", v.Octets(), v.Names(), want.Octets(), want.Names())
			}
			next, delta := loadSmall(t, append(sorted[:1:1], list...), old)
			if !slices.Equal(versionLines(next), versionLines(want)) || next.SetHash() != want.SetHash() {
				t.Error("over another version it is another zone")
			}
			checkDelta(t, old, next, delta)
			if all, n := old.names.pageCount(), sharedPages(next, old); n < all-5 {
				t.Errorf("%d of %d pages are shared", n, all)
			}
		})
	}
}

func TestOneChangeCopiesOneChunk(t *testing.T) {
	const pageSize = 128
	load := Replace(owner.MustParse("example."), nil)
	load.pageSize = pageSize
	for _, rr := range benchRecords(30_000) {
		if err := load.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	v, _, err := load.Commit()
	if err != nil {
		t.Fatal(err)
	}
	if len(v.names.chunks) < 8 {
		t.Fatalf("the zone has %d chunks", len(v.names.chunks))
	}
	for _, i := range []int{0, 15_000, 29_999} {
		txn := Begin(v)
		txn.pageSize = pageSize
		rr := RR{owner.MustParse(fmt.Sprintf("h%06d.example.", i)), dns.TypeAAAA, 60, make([]byte, 16)}
		if err := errors.Join(txn.Add(rr), txn.Delete(v.SOARecord()), txn.Add(soaRR("example.", uint32(v.Serial())+1))); err != nil {
			t.Fatal(err)
		}
		next, _, err := txn.Commit()
		if err != nil {
			t.Fatal(err)
		}
		if all, n := v.names.pageCount(), sharedPages(next, v); n < all-4 {
			t.Errorf("%d of %d pages are shared", n, all)
		}
		same := 0
		for _, c := range next.names.chunks {
			for _, o := range v.names.chunks {
				if &c.refs[0] == &o.refs[0] {
					same++
				}
			}
		}
		if same < len(v.names.chunks)-4 {
			t.Errorf("%d of %d chunks are shared", same, len(v.names.chunks))
		}
		checkOrder(t, next)
		v = next
	}
}

func TestATransactionThatIsClosedTakesNothingMore(t *testing.T) {
	txn := Replace(owner.MustParse("example."), nil)
	txn.batchSize = 3
	list := benchRecords(10)
	for _, rr := range list {
		if err := txn.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	txn.Close()
	if err := txn.Add(list[0]); !errors.Is(err, ErrFinished) {
		t.Error(err)
	}
	if _, _, err := txn.Commit(); !errors.Is(err, ErrFinished) {
		t.Error(err)
	}
}

// A name or two out of their places make two or three sorted trees of the rest, and not one of each batch.
func TestNearlySortedNamesMakeFewRuns(t *testing.T) {
	list := benchRecords(2_000)
	txn := Replace(owner.MustParse("example."), nil)
	txn.batchSize, txn.runSize = 50, 70
	for _, rr := range append([]RR{list[0], list[3_000]}, list[1:]...) {
		if err := txn.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	txn.full.wait()
	r := txn.full.trees[inNames].runs
	if n := len(r.trees); n > 1 || r.open == nil {
		t.Errorf("%d runs are complete, and %v is open", n, r.open != nil)
	}
	v, _, err := txn.Commit()
	if err != nil || v.Records() != len(list) {
		t.Errorf("%v, %d records", err, v.Records())
	}
	checkOrder(t, v)
}
