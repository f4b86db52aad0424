package events

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTimeline compares a timeline with a plain list, while items come and go.
func TestTimeline(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var line timeline
	var oracle []*item
	e := normalize(Alert{Name: "A"}, noon)
	for range 5000 {
		if len(oracle) == 0 || r.IntN(100) < 52 {
			oracle = append(oracle, line.add("", e))
		} else {
			i := r.IntN(len(oracle))
			line.remove(oracle[i])
			oracle = slices.Delete(oracle, i, i+1)
		}
		if len(line.items) > 2*len(oracle)+1 {
			t.Fatalf("%d places for %d items", len(line.items), len(oracle))
		}
		seq := r.Uint64N(line.last + 2)
		from := slices.IndexFunc(oracle, func(i *item) bool { return i.seq > seq })
		if from < 0 {
			from = len(oracle)
		}
		if got := slices.Collect(line.after(seq)); !slices.Equal(got, oracle[from:]) {
			t.Fatalf("after %d: %d items, want %d", seq, len(got), len(oracle)-from)
		}
	}
}
