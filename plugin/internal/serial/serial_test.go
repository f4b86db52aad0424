package serial

import (
	"math"
	"testing"
	"testing/quick"
)

func TestNewer(t *testing.T) {
	for _, c := range []struct {
		name    string
		s, base Serial
		newer   bool
	}{
		{"one step ahead", 2, 1, true},
		{"equal is not newer", 7, 7, false},
		{"one step behind", 1, 2, false},
		{"the wrap from 4294967295 to 0", 0, math.MaxUint32, true},
		{"the wrap from 4294967295 to 1", 1, math.MaxUint32, true},
		{"behind across the wrap", math.MaxUint32, 0, false},
		{"the largest defined step", 1<<31 - 1, 0, true},
		{"exactly 2^31 ahead is undefined", 1 << 31, 0, false},
		{"exactly 2^31 behind is undefined", 0, 1 << 31, false},
		{"more than 2^31 ahead is behind", 1<<31 + 1, 0, false},
	} {
		if got := c.s.Newer(c.base); got != c.newer {
			t.Errorf("%s: %d.Newer(%d) = %v", c.name, c.s, c.base, got)
		}
	}
}

func TestExactlyOneOrder(t *testing.T) {
	oneOf := func(a, b uint32) bool {
		x, y, count := Serial(a), Serial(b), 0
		for _, holds := range []bool{x == y, x.Newer(y), y.Newer(x), x.Ambiguous(y)} {
			if holds {
				count++
			}
		}
		return count == 1
	}
	if err := quick.Check(oneOf, nil); err != nil {
		t.Error(err)
	}
}
