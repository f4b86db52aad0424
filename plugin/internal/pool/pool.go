package pool

import (
	"net/netip"
	"time"
)

// Tier says where the addresses of a family come from.
type Tier uint8

// The tiers. The zero Tier is where a pool begins: nothing moves traffic to the backups but failures that were seen.
const (
	Primary Tier = iota
	Backup
	Down // nothing is usable: the policy for that decides
)

// String is the tier as in metrics and logs.
func (t Tier) String() string { return [...]string{"primary", "backup", "down"}[t] }

// WhenDown is what is answered when nothing is usable.
type WhenDown uint8

// The policies.
const (
	AnswerPrimary WhenDown = iota // all primary addresses: one of them may work for somebody
	AnswerBackup
	AnswerAll
	AnswerLast // those that were answered last
	AnswerEmpty
	AnswerServfail
)

// Policies are the words for them, in their order.
var Policies = [...]string{"primary", "backup", "all", "last", "empty", "servfail"}

// Params are how a pool decides.
type Params struct {
	MinUp    int           // usable primary addresses of a family, at least
	Failback time.Duration // for which the primaries must be usable again; negative: an operator decides
	Linked   bool          // both families move together
	WhenDown WhenDown
}

// Defaults are those of the Corefile.
func Defaults() Params { return Params{MinUp: 1, Failback: time.Minute} }

// Count is what health says of the addresses of one family.
type Count struct {
	Primaries, PrimariesUp int
	Backups, BackupsUp     int
}

// Family is the state of one address family.
type Family struct {
	Tier Tier      `json:"tier"`
	Good time.Time `json:"good,omitzero"` // since when the primaries are usable again, while the tier is another one
}

// State is that of a pool: IPv4, then IPv6. The zero State is that of a new one.
type State [2]Family

// FamilyOf is the index of an address's family in a State.
func FamilyOf(a netip.Addr) int {
	if a.Unmap().Is4() {
		return 0
	}
	return 1
}

// Step is the state with what health says now. order has the pool fail back at once, where that can be. The time after
// which it is to be asked again, since it may change by itself, is zero if there is none.
func (p Params) Step(s State, counts [2]Count, order bool, now time.Time) (next State, again time.Time) {
	var want [2]Tier
	for f, c := range counts {
		want[f] = p.wants(c)
	}
	if p.Linked {
		want = linked(want, counts)
	}
	for f := range s {
		next[f] = p.move(s[f], want[f], counts[f].BackupsUp > 0, order, now)
		if g := next[f].Good; !g.IsZero() && p.Failback >= 0 {
			if at := g.Add(p.Failback); again.IsZero() || at.Before(again) {
				again = at
			}
		}
	}
	return next, again
}

// wants is where a family belongs by what health says. One without primaries has none to leave.
func (p Params) wants(c Count) Tier {
	switch {
	case c.PrimariesUp >= min(max(p.MinUp, 1), max(c.Primaries, 1)), c.Primaries == 0:
		return Primary
	case c.BackupsUp > 0:
		return Backup
	}
	return Down
}

// linked moves both families when one of them moves, if the other has somewhere to go.
func linked(want [2]Tier, counts [2]Count) [2]Tier {
	for f := range want {
		if other := 1 - f; want[other] == Backup && want[f] == Primary && counts[f].BackupsUp > 0 {
			want[f] = Backup
		}
	}
	return want
}

// move goes where a family belongs: at once if that is away from what does not work, and later if it is back from backups
// that do.
func (p Params) move(f Family, want Tier, backups, order bool, now time.Time) Family {
	if f.Tier != Backup || want != Primary || !backups {
		return Family{Tier: want}
	}
	if f.Good.IsZero() {
		f.Good = now
	}
	if order || p.Failback >= 0 && !now.Before(f.Good.Add(p.Failback)) {
		return Family{Tier: Primary}
	}
	return f
}
