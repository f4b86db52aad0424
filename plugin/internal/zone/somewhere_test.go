package zone

import (
	"fmt"
	"testing"
)

// In equal steps from the beginning to the end, one comes by all names, in their order and about equally often, whether
// their keys are evenly spread or not.
func TestSomewhereIsThatPartOfTheWay(t *testing.T) {
	const names, steps = 20_000, 200_000
	b := newTreeBuilder(&tree{}, 256)
	for i := range names {
		b.add(fmt.Appendf(nil, "h%05d\x00", i), []byte{0})
	}
	tree := b.done()
	if len(tree.chunks) < 2 {
		t.Fatal("there are not several chunks")
	}
	c, seen, before := Cursor{tree: &tree}, map[string]int{}, ""
	for i := range steps {
		if !c.Somewhere(float64(i) / steps) {
			t.Fatal("there is nothing")
		}
		key := string(c.Node().Key())
		if key < before {
			t.Fatalf("%q comes after %q", key, before)
		}
		seen[key]++
		before = key
	}
	if len(seen) != names {
		t.Errorf("%d of %d names", len(seen), names)
	}
	for key, n := range seen {
		if n > 3*steps/names && key < "h199" { // the last page may have few
			t.Errorf("%q is hit %d times", key, n)
		}
	}
	for _, part := range []float64{-1, 1, 2} {
		if !c.Somewhere(part) || !c.Valid() {
			t.Errorf("%v leads nowhere", part)
		}
	}
	if c := (Cursor{tree: emptyTree()}); c.Somewhere(0) {
		t.Error("there is a name in nothing")
	}
}

func emptyTree() *tree { return new(tree) }
