package guard

import "testing"

func TestACatalogMayNotLoseMuchAtOnce(t *testing.T) {
	for _, c := range []struct {
		members, lost int
		hold          bool
	}{
		{0, 0, false},
		{9, 9, false}, // all of a small one
		{10, 10, true},
		{33, 10, true},
		{34, 10, false},
		{100, 30, false},
		{100, 31, true},
		{10000, 3000, false},
		{10000, 3001, true},
		{10000, 10000, true},
	} {
		if hold := CatalogLoss(c.members, c.lost); hold != c.hold {
			t.Errorf("%d of %d: %v", c.lost, c.members, hold)
		}
	}
}
