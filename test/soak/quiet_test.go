package soak_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

// convergence is how long a zone may take to get everywhere: a secondary that missed a NOTIFY asks after REFRESH, and
// the next one below it after another.
const convergence = time.Minute

// quiet waits until everybody is back and has every zone as it is at the primary, and compares a sample.
func (s *stand) quiet(t *testing.T, sample []*model) {
	t.Helper()
	s.pass(t, true)
	begun := time.Now()
	for _, w := range s.watches() {
		for _, z := range s.zones {
			want := s.history.current(z.name)
			if err := ask.Poll(convergence, func() error { return serves(w.addr, z.name, want) }); err != nil {
				t.Fatalf("%s: %s does not get serial %d of %s: %v", time.Now().Format(time.TimeOnly), w.name, want, z.name, err)
			}
		}
	}
	t.Logf("%s all zones are everywhere after %s", time.Now().Format(time.TimeOnly), time.Since(begun).Round(time.Millisecond))
	for _, z := range sample {
		want := ask.AXFR(t, s.first.Addr(), z.name, s.keyOf(z))
		for _, w := range s.watches() {
			if got := ask.AXFR(t, w.addr, z.name, s.keyOf(z)); len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("%s: serial %d of %s at %s is not what it is at the primary: %s", time.Now().Format(time.TimeOnly), s.history.current(z.name), z.name, w.name, difference(got, want))
			}
		}
	}
}

func serves(addr, zone string, want uint32) error {
	got, err := ask.Serial(addr, zone)
	if err == nil && got != want {
		err = fmt.Errorf("serial %d", got)
	}
	return err
}

// difference names the first records that only one of two has.
func difference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%d records, not %d; %q, not %q", len(got), len(want), got[i], want[i])
		}
	}
	return fmt.Sprintf("%d records, not %d", len(got), len(want))
}

// sample is a few zones, a large and a signed one among them.
func (s *stand) sample() []*model {
	list := []*model{s.zones[s.random.IntN(2)], s.zones[5+s.random.IntN(10)]}
	for range 20 {
		list = append(list, s.anyZone())
	}
	return list
}

// footprint is what must not grow.
type footprint struct {
	goroutines, descriptors int
	heap                    int64
}

func footprintOf(t *testing.T, s *understudy.Server) footprint {
	t.Helper()
	return footprint{s.Goroutines(t, "pprof"), s.Usage(t).Descriptors, s.Heap(t, "pprof")}
}

// leastOf looks several times, and takes the least of each: a moment at which much is under way must not become what
// is compared with.
func leastOf(t *testing.T, s *understudy.Server) footprint {
	t.Helper()
	least := footprintOf(t, s)
	for range 20 {
		now := footprintOf(t, s)
		least = footprint{min(least.goroutines, now.goroutines), min(least.descriptors, now.descriptors), min(least.heap, now.heap)}
	}
	return least
}

// grown says what is more than it was: by more than what is under way at any moment, and than zones and kept changes
// differ from one quiet point to the next.
func (f footprint) grown(before footprint) error {
	if f.goroutines > before.goroutines+5 || f.descriptors > before.descriptors+5 || f.heap > before.heap+before.heap/4+2<<20 {
		return fmt.Errorf("%+v, was %+v", f, before)
	}
	return nil
}

// wantNoGrowth compares with what was. What only ends in a moment is waited for.
func (s *stand) wantNoGrowth(t *testing.T, before footprint) {
	t.Helper()
	ask.Until(t, "A has no more goroutines, descriptors and memory than it had", func() error {
		return footprintOf(t, s.a).grown(before)
	})
}

// wantBoundedDisk looks at the directory of one of ours: two files a zone and the lock, all of them not much more
// than the zones.
func (s *stand) wantBoundedDisk(t *testing.T, ours *understudy.Server) {
	t.Helper()
	entries, err := os.ReadDir(ours.Dir())
	if err != nil {
		t.Fatal(err)
	}
	var size, text int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil { // a file may go while it is looked at
			size += info.Size()
		}
	}
	for _, z := range s.zones {
		text += int64(len(z.text()))
		if z.signed {
			text += 4 * int64(len(z.text()))
		}
	}
	// A journal grows to 64 KiB, or a tenth of the zone, before it begins anew; to that come the kept changes.
	bound := 4*text + zones*(64<<10)
	if len(entries) > 2*zones+3 || size > bound {
		t.Errorf("%d files with %d octets are on disk, at most %d and %d were allowed", len(entries), size, 2*zones+3, bound)
	}
	t.Logf("%d files with %d octets on disk, of %d allowed", len(entries), size, bound)
}
