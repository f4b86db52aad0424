package vote

import "testing"

func TestTally(t *testing.T) {
	tally := new(Tally)
	if tally.Down(Rule{}, "a") || tally.Down(Rule{1}, "a") {
		t.Error("nobody says anything, and it is down")
	}
	for _, site := range []string{"x", "y", "z"} {
		tally = tally.with(site, true)
	}
	one := tally.seen("x", "a", true)
	two := one.seen("y", "a", true)
	for _, c := range []struct {
		tally *Tally
		rule  Rule
		down  bool
	}{
		{tally, Rule{1}, false}, {one, Rule{}, false}, {one, Rule{1}, true}, {two, Rule{}, true}, {two, Rule{3}, false},
		{two.seen("y", "a", false), Rule{}, false}, {two.seen("z", "a", true), Rule{3}, true},
		{one.with("z", false), Rule{}, false}, {one.with("z", false).with("y", false), Rule{}, true},
	} {
		if got := c.tally.Down(c.rule, "a"); got != c.down {
			t.Errorf("%+v by %+v: %v", c.tally, c.rule, got)
		}
		if c.tally.Down(c.rule, "b") {
			t.Error("another one is down")
		}
	}
	if one.Against("a") != 1 || two.Against("a") != 2 || tally.Against("a") != 0 {
		t.Error("a tally has changed")
	}
}
