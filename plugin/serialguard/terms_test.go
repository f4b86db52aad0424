package serialguard

import (
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

var (
	noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	some = digestPrefix + strings.Repeat("a", digestDigits)
	more = digestPrefix + strings.Repeat("b", digestDigits)
)

const unconfirmed = "it was there for long enough, and no primary can be asked now"

func TestTerms(t *testing.T) {
	none := new(guard.Statistics)
	for _, c := range []struct {
		name  string
		terms terms
		held  time.Duration // for so long
		how   string
		again time.Duration // from now; 0: never
	}{
		{"without any, it is held for ever", terms{}, 100 * time.Hour, "", 0},
		{"its digest is approved", terms{approvals: []approval{{7, more}, {7, some}}}, 0, "approved", 0},
		{"another digest is", terms{approvals: []approval{{7, more}}}, 0, "", 0},
		{"its digest is, with another serial", terms{approvals: []approval{{8, some}}}, 0, "", 0},
		{"a window is open", terms{windows: []window{{noon.Add(-time.Hour), time.Hour + 1}}}, 0, "window", 0},
		{"a window has just closed", terms{windows: []window{{noon.Add(-time.Hour), time.Hour}}}, 0, "", 0},
		{"a window will open", terms{windows: []window{{noon.Add(time.Hour), time.Hour}}}, 0, "", time.Hour},
		{"it was there for long enough", terms{release: time.Hour}, time.Hour, "auto", 0},
		{"it was not yet", terms{release: time.Hour}, time.Hour - 1, "", 1},
		{unconfirmed, terms{release: time.Hour}, time.Hour, "", 0},
		{"it was held for too long", terms{longest: time.Hour, then: release}, time.Hour, "hold_max", 0},
		{"it was, and stays held", terms{longest: time.Hour}, time.Hour, "", 0},
		{"EXPIRE is two days, half of it is over", terms{then: release}, 24 * time.Hour, "hold_max", 0},
		{"the first of several moments counts", terms{release: 3 * time.Hour, longest: 2 * time.Hour, then: release}, time.Hour, "", time.Hour},
	} {
		d := c.terms.decide(state{
			now: noon, since: noon.Add(-c.held), still: noon.Add(-c.held), serial: 7, digest: some, confirmed: c.name != unconfirmed, expire: 48 * time.Hour, before: none, after: none,
		})
		again := time.Duration(0)
		if !d.again.IsZero() {
			again = d.again.Sub(noon)
		}
		if d.how != c.how || (d.released != "") != (c.how != "") || again != c.again {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}

func TestTheLongestNameCounts(t *testing.T) {
	names := func(list ...string) *stanza {
		s := new(stanza)
		for _, name := range list {
			s.zones = append(s.zones, owner.MustParse(name))
		}
		return s
	}
	a, b := names("example.org.", "com."), names("b.example.org.")
	for zone, want := range map[string]*stanza{
		"example.org.": a, "EXAMPLE.org.": a, "a.example.org.": a, "b.example.org.": b, "c.b.example.org.": b,
		"x.com.": a, "org.": nil, "badexample.org.": nil,
	} {
		if got := of([]*stanza{b, a}, owner.MustParse(zone)); got != want {
			t.Errorf("%s: %v", zone, got)
		}
	}
	if root := names("."); of([]*stanza{root}, owner.MustParse("org.")) != root {
		t.Error("the root is above all")
	}
}
