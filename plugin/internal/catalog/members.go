package catalog

import (
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
)

// Patience is how long a loss that is held must last until it is believed without anybody's consent. Two days
// are a weekend: whoever is told of the loss can act on it.
const Patience = 48 * time.Hour

// Members are what a consumer has of a catalog: the members of the last good version, and those which that
// version lost and which are held. They do not change.
type Members struct {
	entries map[string]Entry
	held    int
}

// Entry is a member that a consumer has.
type Entry struct {
	Member
	Held time.Time // since when its loss is held; zero: the catalog lists it
}

// Change is what a version of a catalog changed, in numbers of members.
type Change struct {
	Added   int
	Removed int // members that are gone
	Reset   int // listed under another ID: the same name is another zone now
	Altered int // listed with other properties
	Held    int // lost, and held since this version
	Back    int // lost and held before, and listed again
}

// IsZero says that nothing changed.
func (c Change) IsZero() bool { return c == Change{} }

// Len is the number of members, Held of those whose loss is held.
func (m Members) Len() int { return len(m.entries) }

// Held is the number of members whose loss is held.
func (m Members) Held() int { return m.held }

// All are the members by the zone's name in lower-case wire form. The map must not be changed.
func (m Members) All() map[string]Entry { return m.entries }

// HeldZones are the names of members that are held, in alphabetical order, no more than most of them.
func (m Members) HeldZones(most int) []string {
	if m.held == 0 {
		return nil
	}
	list := make([]string, 0, m.held)
	for _, e := range m.entries {
		if !e.Held.IsZero() {
			list = append(list, e.Zone.Canonical())
		}
	}
	slices.Sort(list)
	return list[:min(most, len(list))]
}

// Update says what the members are after a version with the content c was seen, at the given time. A member is
// lost when c does not list it, or lists it under another ID, which takes its content away as well. A loss that
// the guard holds leaves the member as it is, until c lists it again, consent is given, or Patience is over.
func (m Members) Update(c Catalog, now time.Time, consent bool) (Members, Change) {
	lost := m.lost(c, now, consent)
	hold := guard.CatalogLoss(len(m.entries), len(lost))
	next := Members{entries: make(map[string]Entry, len(c))}
	var change Change
	for key, member := range c {
		old, had := m.entries[key]
		next.entries[key] = Entry{Member: member}
		switch {
		case !had:
			change.Added++
		case old.ID != member.ID:
			if !lost[key] || !hold {
				change.Reset++
			}
		case !old.Held.IsZero():
			change.Back++
		case old.NewOwner != member.NewOwner || !slices.Equal(old.Groups, member.Groups):
			change.Altered++
		}
	}
	for key, old := range m.entries {
		if hold && lost[key] {
			if old.Held.IsZero() {
				old.Held = now
				change.Held++
			}
			next.entries[key] = old
			next.held++
		} else if _, listed := c[key]; !listed {
			change.Removed++
		}
	}
	return next, change
}

// lost are the members that c takes away and whose loss is not to be believed yet. Consent is given to what is held
// already: nobody has seen more. And a member that was to go to another catalog goes as announced (RFC 9432 §4.3.1).
func (m Members) lost(c Catalog, now time.Time, consent bool) map[string]bool {
	lost := map[string]bool{}
	for key, old := range m.entries {
		if listed, ok := c[key]; ok && listed.ID == old.ID {
			continue
		}
		agreed := !old.Held.IsZero() && (consent || now.Sub(old.Held) >= Patience)
		if !agreed && old.NewOwner == "" {
			lost[key] = true
		}
	}
	return lost
}
