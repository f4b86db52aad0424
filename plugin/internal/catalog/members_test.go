package catalog

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// listing is a catalog of the zones z0 … z(n-1), each with the same number as its ID.
func listing(n int, changes ...func(Catalog)) Catalog {
	c := Catalog{}
	for i := range n {
		put(c, i, fmt.Sprint(i))
	}
	for _, change := range changes {
		change(c)
	}
	return c
}

func put(c Catalog, i int, id string, groups ...string) {
	name := owner.MustParse(fmt.Sprintf("z%d.example.", i))
	c[string(name)] = Member{Zone: name, ID: id, Groups: groups}
}

func without(from, to int) func(Catalog) {
	return func(c Catalog) {
		for i := from; i < to; i++ {
			delete(c, string(owner.MustParse(fmt.Sprintf("z%d.example.", i))))
		}
	}
}

func renamed(from, to int) func(Catalog) {
	return func(c Catalog) {
		for i := from; i < to; i++ {
			put(c, i, fmt.Sprint("new", i))
		}
	}
}

// given has every member announced to go to another catalog.
func given(c Catalog) {
	for key, m := range c {
		m.NewOwner = "other.example."
		c[key] = m
	}
}

// had are the members after one version.
func had(c Catalog) Members {
	m, _ := Members{}.Update(c, noon, false)
	return m
}

func (m Members) has(i int) (Entry, bool) {
	e, ok := m.entries[string(owner.MustParse(fmt.Sprintf("z%d.example.", i)))]
	return e, ok
}

func TestAVersionChangesTheMembers(t *testing.T) {
	for _, c := range []struct {
		name string
		old  Members
		c    Catalog
		want Change
	}{
		{"the first one", Members{}, listing(3), Change{Added: 3}},
		{"the same again", had(listing(3)), listing(3), Change{}},
		{"one more, two less", had(listing(3)), listing(4, without(0, 2)), Change{Added: 1, Removed: 2}},
		{"another ID", had(listing(3)), listing(3, renamed(1, 2)), Change{Reset: 1}},
		{"a group", had(listing(3)), listing(3, func(c Catalog) { put(c, 2, "2", "g") }), Change{Altered: 1}},
		{"another ID and a group", had(listing(3)), listing(3, func(c Catalog) { put(c, 2, "x", "g") }), Change{Reset: 1}},
		{"all nine of a small catalog", had(listing(9)), listing(0), Change{Removed: 9}},
		{"ten of ten", had(listing(10)), listing(0), Change{Held: 10}},
		{"another ID for ten of ten", had(listing(10)), listing(10, renamed(0, 10)), Change{Held: 10}},
		{"gone and renamed count together", had(listing(20)), listing(20, renamed(0, 5), without(5, 10)), Change{Held: 10}},
		{"additions take effect all the same", had(listing(10)), listing(15, without(0, 10)), Change{Added: 5, Held: 10}},
		{"ten of a hundred", had(listing(100)), listing(100, without(0, 10)), Change{Removed: 10}},
		{"all of those that were to go to another catalog", had(listing(20, given)), listing(0), Change{Removed: 20}},
		{"10,000 at once", Members{}, listing(10000), Change{Added: 10000}},
		{"10,000 gone at once", had(listing(10000)), listing(0), Change{Held: 10000}},
	} {
		before := maps.Clone(c.old.entries)
		next, change := c.old.Update(c.c, noon, false)
		if change != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, change, c.want)
		}
		if want := c.old.Len() + change.Added - change.Removed; next.Len() != want || next.Held() != change.Held {
			t.Errorf("%s: %d members, of which %d are held", c.name, next.Len(), next.Held())
		}
		if len(before) != c.old.Len() {
			t.Errorf("%s: the members before were changed", c.name)
		}
	}
}

func TestWhatIsHeldStaysAsItIs(t *testing.T) {
	m, _ := had(listing(20)).Update(listing(21, without(0, 6), renamed(6, 12)), noon, false)
	for _, i := range []int{0, 6, 11} {
		if e, ok := m.has(i); !ok || e.ID != fmt.Sprint(i) || !e.Held.Equal(noon) {
			t.Errorf("z%d: %+v %v", i, e, ok)
		}
	}
	if e, ok := m.has(12); !ok || !e.Held.IsZero() {
		t.Errorf("z12: %+v %v", e, ok)
	}
	if m.Len() != 21 || m.Held() != 12 {
		t.Errorf("%d members, %d held", m.Len(), m.Held())
	}
}

func TestAHoldEndsWhenTheCatalogListsTheMembersAgain(t *testing.T) {
	m, _ := had(listing(20)).Update(listing(0), noon, false)
	m, change := m.Update(listing(20), noon.Add(time.Hour), false)
	if (change != Change{Back: 20}) || m.Held() != 0 || m.Len() != 20 {
		t.Errorf("%+v, %d held", change, m.Held())
	}
	if _, change = m.Update(listing(20, without(0, 6)), noon, false); (change != Change{Removed: 6}) {
		t.Errorf("afterwards %+v", change)
	}
}

// So many come back that what is left is a change like any other.
func TestAHoldEndsWhenTheLossIsSmallAgain(t *testing.T) {
	m, _ := had(listing(20)).Update(listing(0), noon, false)
	m, change := m.Update(listing(20, without(0, 2)), noon.Add(time.Hour), false)
	if (change != Change{Back: 18, Removed: 2}) || m.Held() != 0 || m.Len() != 18 {
		t.Errorf("%+v, %d held, %d members", change, m.Held(), m.Len())
	}
}

func TestConsentEndsAHold(t *testing.T) {
	c := listing(20, without(0, 8), renamed(8, 12))
	m, _ := had(listing(20)).Update(c, noon, false)
	m, change := m.Update(c, noon, true)
	if (change != Change{Removed: 8, Reset: 4}) || m.Held() != 0 || m.Len() != 12 {
		t.Errorf("%+v, %d held, %d members", change, m.Held(), m.Len())
	}
	if e, _ := m.has(8); e.ID != "new8" {
		t.Errorf("z8 has the ID %s", e.ID)
	}
}

func TestConsentIsToWhatIsHeldAlready(t *testing.T) {
	m, _ := had(listing(60)).Update(listing(60, without(0, 20)), noon, false)
	m, change := m.Update(listing(0), noon, true) // the catalog has lost the others just now
	if (change != Change{Removed: 20, Held: 40}) || m.Held() != 40 {
		t.Errorf("%+v, %d held", change, m.Held())
	}
}

func TestALossThatLastsIsBelieved(t *testing.T) {
	m, _ := had(listing(20)).Update(listing(0), noon, false)
	m, change := m.Update(listing(0), noon.Add(Patience-1), false)
	if !change.IsZero() || m.Held() != 20 {
		t.Fatalf("before the time is over: %+v", change)
	}
	if m, change = m.Update(listing(0), noon.Add(Patience), false); (change != Change{Removed: 20}) || m.Len() != 0 {
		t.Errorf("%+v, %d members", change, m.Len())
	}
}

// Each member has its own time: what is lost later is believed later, if it is still too much then.
func TestEveryLossHasItsOwnTime(t *testing.T) {
	m, _ := had(listing(100)).Update(listing(100, without(0, 40)), noon, false)
	later := noon.Add(Patience - time.Hour)
	m, change := m.Update(listing(100, without(0, 80)), later, false)
	if (change != Change{Held: 40}) {
		t.Fatalf("%+v", change)
	}
	if m, change = m.Update(listing(100, without(0, 80)), noon.Add(Patience), false); (change != Change{Removed: 40}) || m.Held() != 40 {
		t.Fatalf("%+v, %d held", change, m.Held())
	}
	if m, change = m.Update(listing(100, without(0, 80)), later.Add(Patience), false); (change != Change{Removed: 40}) || m.Held() != 0 {
		t.Fatalf("%+v, %d held", change, m.Held())
	}
}

func TestTheFirstOfThoseHeldAreNamed(t *testing.T) {
	m := had(listing(40))
	if got := m.HeldZones(5); got != nil {
		t.Errorf("nothing is held: %v", got)
	}
	m, _ = m.Update(listing(40, without(10, 30)), noon, false)
	if got, want := fmt.Sprint(m.HeldZones(3)), "[z10.example. z11.example. z12.example.]"; got != want {
		t.Errorf("%s", got)
	}
	if got := m.HeldZones(100); len(got) != 20 {
		t.Errorf("%d are named", len(got))
	}
}
