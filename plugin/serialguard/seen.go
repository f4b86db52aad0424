package serialguard

import (
	"strings"
	"time"
	"unicode"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// seen is what is known of a zone that is watched. It outlives reloads, and belongs to the watch that runs.
type seen struct {
	version    *zone.Version // seen last; nil: none was
	statistics *guard.Statistics
	told       map[string]bool // findings about its content that the log has, as same has them
	failures   int             // of looks, since the last one that showed a version
}

// judge compares a version with the one before, and gives the findings that are not told yet.
func (z *seen) judge(p *guard.Policy, t taken, now time.Time) (fresh []guard.Finding) {
	c := &guard.Change{Candidate: guard.Candidate{Old: z.version, Version: t.version, Delta: t.delta}, Now: now, Before: z.statistics}
	c.After = c.Before.After(z.version, t.version, t.delta)
	findings := p.Examine(c)
	if z.version != nil {
		if f, found := step(z.version, t.version, t.delta); found {
			findings = append([]guard.Finding{f}, findings...)
		}
	}
	if z.version == nil || z.version.SetHash() != t.version.SetHash() {
		z.told = nil
	}
	z.version, z.statistics = t.version, c.After
	for _, f := range findings {
		if f.Verdict = meant(p, f); f.Verdict > guard.Accept && z.tells(f) {
			fresh = append(fresh, f)
		}
	}
	return fresh
}

// meant is a verdict about what is served already: a warning at the most.
func meant(p *guard.Policy, f guard.Finding) guard.Verdict {
	if on, set := p.On[f.Rule]; set {
		return min(f.Verdict, on, guard.Warn)
	}
	return min(f.Verdict, guard.Warn)
}

// tells says whether a finding is new, and notes that it is not any more.
func (z *seen) tells(f guard.Finding) bool {
	if z.told == nil {
		z.told = make(map[string]bool)
	}
	s := same(f)
	known := z.told[s]
	z.told[s] = true
	return !known
}

// same is equal for findings about one content that differ in nothing but numbers, such as the hours that signatures are
// still valid for.
func same(f guard.Finding) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, f.Rule.String()+" "+f.Reason)
}

// have is the serial to look with; 0 asks for all of the zone.
func (z *seen) have() serial.Serial {
	if z.version == nil {
		return 0
	}
	return z.version.Serial()
}
