package guard

import (
	"cmp"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
)

// A Policy is what an operator lets a change do to a zone. It is not changed after it was made.
type Policy struct {
	// On is what the strictest finding of a rule means instead of what it says; lesser ones never mean more.
	On map[Rule]Verdict
	// Deletes hold a candidate when more of the names are gone than DeletePercent, and at least DeleteCount.
	DeletePercent, DeleteCount int
	// Updates of more of the RRsets than these are told, and held.
	UpdateWarn, UpdateHold int // percent
	MinRecords             int // 0: any number
	Require                []uint16
	Protect                []Protected
	DateSerials            bool // serials are dates, YYYYMMDDnn
	// Adopt is after how long an older serial is taken, by SerialBack or SerialAmbiguous.
	Adopt map[Rule]time.Duration
	// Lag is for how long a primary may be behind others.
	Lag    time.Duration
	Quorum Quorum
}

// Protected are RRsets that there must be.
type Protected struct {
	Name  owner.Name
	Types []uint16
}

// DefaultPolicy is what holds when nothing is said.
func DefaultPolicy() *Policy {
	return &Policy{DeletePercent: 30, DeleteCount: 10, UpdateWarn: 30, UpdateHold: 50, Lag: primary.Tolerance}
}

// A Change is a candidate with what the rules need to know beside it. It is judged by one goroutine.
type Change struct {
	Candidate
	Now time.Time
	// Before and After are the statistics of Old and of Version. Rules that need one which is nil find nothing.
	Before, After *Statistics

	difference *Difference // nil: not yet asked for
}

// Examine is what all rules for the content find wrong, the strictest first. Its cost is that of the difference, and
// when that is not known, that of both versions.
func (p *Policy) Examine(c *Change) []Finding {
	var list []Finding
	for _, rule := range contentRules {
		if f, found := rule(p, c); found {
			f.Verdict = p.meant(f)
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(b.Verdict, a.Verdict) })
	return slices.DeleteFunc(list, func(f Finding) bool { return f.Verdict == Accept })
}

func (p *Policy) meant(f Finding) Verdict {
	on, set := p.On[f.Rule]
	switch {
	case !set:
		return f.Verdict
	case f.Verdict == strictest[f.Rule]:
		return on
	}
	return min(f.Verdict, on)
}
