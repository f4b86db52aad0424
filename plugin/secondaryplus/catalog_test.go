package secondaryplus

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/catalog"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

const (
	catz  = "catalog.example."
	catz2 = "other.example."
)

// many are n members, and the names of their zones.
func many(n int) (members, names []string) {
	for i := range n {
		name := fmt.Sprintf("z%d.test.", i)
		members, names = append(members, fmt.Sprintf("id%d %s", i, name)), append(names, name)
	}
	return members, names
}

func TestWhatEndsAHold(t *testing.T) {
	twelve, names := many(12)
	onStage(t, "consent", func(s *stage) {
		s.set(catz, twelve...)
		p := s.begin(catz + ": catalog")
		s.update(p, catz)
		s.wantServed(p, names...)
		if n := s.e.releaseCatalog(s.catalog(p, catz)); n != 12 {
			t.Errorf("%d were released", n)
		}
		s.wantServed(p)
		if n := s.e.releaseCatalog(s.catalog(p, catz)); n != 0 {
			t.Errorf("%d were released again", n)
		}
		s.end(p)
	})
	onStage(t, "time, while the catalog is up to date", func(s *stage) {
		s.set(catz, twelve...)
		p := s.begin(catz + ": catalog")
		s.update(p, catz)
		s.after(catalog.Patience - time.Second)
		s.wantServed(p, names...)
		s.after(time.Hour) // its REFRESH
		s.wantServed(p)
		s.end(p)
	})
	onStage(t, "not time, while the catalog is not up to date", func(s *stage) {
		s.set(catz, twelve...)
		p := s.begin(catz + ": catalog")
		s.update(p, catz)
		s.stop(true)
		s.after(catalog.Patience + time.Hour)
		s.wantServed(p, names...)
		if n := s.e.releaseCatalog(s.catalog(p, catz)); n != 0 {
			t.Errorf("the catalog has expired, and still released %d", n)
		}
		s.stop(false)
		s.after(time.Hour)
		s.wantServed(p)
		s.end(p)
	})
}

func TestTenThousandMembersAreAddedAndRemovedInOneChange(t *testing.T) {
	const n = 10000
	list, names := many(n)
	onStage(t, "all of them, with consent", func(s *stage) {
		s.set(catz)
		p := s.begin(catz + ": catalog")
		s.update(p, catz, list...)
		s.wantServed(p, names...)
		s.update(p, catz)
		s.wantServed(p, names...)
		if got := s.e.releaseCatalog(s.catalog(p, catz)); got != n || s.members() != 1 {
			t.Errorf("%d were released, %d zones are left", got, s.members())
		}
		s.wantServed(p)
		s.end(p)
	})
}

func TestAMemberWithAnotherIDIsAnotherZone(t *testing.T) {
	onStage(t, "the old one ends", func(s *stage) {
		s.set(catz, "a a.test.", "b b.test.")
		p := s.begin(catz + ": catalog")
		a, b := s.catalog(p, "a.test."), s.catalog(p, "b.test.")
		s.update(p, catz, "x a.test.", "b b.test.")
		if s.catalog(p, "a.test.") == a || s.catalog(p, "b.test.") != b {
			t.Error("it is the same, or the other one is not")
		}
		if _, n := s.asked("a.test."); a.zone.Current() == nil || n != 2 || s.members() != 3 {
			t.Errorf("fetched %d times, %d members", n, s.members())
		}
		s.end(p)
	})
}

func TestARemovedMemberIsNotAskedForAnyMore(t *testing.T) {
	onStage(t, "neither the one that is gone nor the one that was reset", func(s *stage) {
		s.set(catz, "a a.test.", "b b.test.", "c c.test.")
		p := s.begin(catz + ": catalog")
		s.update(p, catz, "x b.test.", "c c.test.")
		var before, after [3]int
		for i, name := range []string{"a.test.", "b.test.", "c.test."} {
			before[i], _ = s.asked(name)
		}
		s.after(2 * time.Hour)
		for i, name := range []string{"a.test.", "b.test.", "c.test."} {
			after[i], _ = s.asked(name)
		}
		if n := after[2] - before[2]; n == 0 || after != [3]int{before[0], before[1] + n, before[2] + n} {
			t.Errorf("before: %v, then %v", before, after)
		}
		s.end(p)
	})
}

func TestAMemberThatIsAddedLaterNeverMakesUnready(t *testing.T) {
	onStage(t, "nothing is loaded any more when it comes", func(s *stage) {
		s.set(catz)
		p := s.begin(catz + ": catalog")
		s.after(readyWait)
		s.refuse("a.test.")
		s.update(p, catz, "a a.test.")
		if m := s.catalog(p, "a.test."); m.zone.Current() != nil || !s.e.ready() {
			t.Error("unready for a member")
		}
		s.end(p)
	})
	onStage(t, "but those of the beginning are waited for", func(s *stage) {
		s.set(catz, "a a.test.")
		s.refuse("a.test.")
		p := s.begin(catz + ": catalog")
		if s.e.ready() {
			t.Error("ready without a member")
		}
		s.after(readyWait)
		if !s.e.ready() {
			t.Error("a member is waited for without end")
		}
		s.end(p)
	})
}

func TestWhoHasAZoneThatTwoCatalogsList(t *testing.T) {
	first := &served{name: catz, member: new(member)}
	second := &served{name: catz2, member: new(member)}
	for _, c := range []struct {
		name          string
		coo1, coo2    string // of the zone in each
		present       string
		updated, want *served
	}{
		{"the first one in the Corefile", "", "", "", nil, first},
		{"the one that has it", "", "", catz2, first, second},
		{"the one that has it, though the other one gives it away", catz2, "", catz2, second, second},
		{"the one that it is given to, in its next version", catz2, "", catz, second, second},
		{"not before that", catz2, "", catz, first, first},
		{"nor without one", catz2, "", catz, nil, first},
		{"given away the other way round", "", catz, catz2, first, first},
		{"given to a third one", "third.example.", "", catz, second, first},
		{"after a restart, the one that it is given to", catz2, "", "", nil, second},
		{"after a restart, the other way round", "", catz, "", nil, first},
		{"what a catalog has that does not list it any more", catz2, "", "gone.example.", nil, second},
	} {
		var updated *member
		if c.updated != nil {
			updated = c.updated.member
		}
		a := claim{by: first, member: catalog.Member{Zone: owner.Root, NewOwner: c.coo1}}
		b := claim{by: second, member: catalog.Member{Zone: owner.Root, NewOwner: c.coo2}}
		winner, loser := decide(a, b, c.present, updated)
		if winner.by != c.want || loser.by == winner.by {
			t.Errorf("%s: %s", c.name, winner.by.name)
		}
		if moved := loser.by.name == c.present; moved != (winner.heir == c.present && c.present != "") {
			t.Errorf("%s: heir of %q", c.name, winner.heir)
		}
	}
}
