package refresh

import (
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A Gate decides what becomes of a version that is well-formed, before it is published. It is asked by the running
// refresh of the zone, one question at a time a zone.
type Gate interface {
	Judge(*Zone, Proposal) Ruling
}

// A Proposal is a version that may be published, and where it came from.
type Proposal struct {
	guard.Candidate
	Primary   netip.AddrPort
	Primaries []primary.View // what each of them said last; of those that were not asked, before
	Held      *Held          // it was held before, and nothing was transferred now; nil: it was transferred
	// Memory is what the gate remembers of the zone, for as long as there is the zone. Nobody else looks at it.
	Memory *any
	// Since is since when this content is held, Now if it was not held before.
	Since, Now time.Time
}

// A Ruling is what a Gate decides.
type Ruling struct {
	Verdict  guard.Verdict
	Findings []guard.Finding
	// Note is what else an operator should know, for the log.
	Note string
	// Again is when a version that is held is to be judged again, whatever the primaries say; zero: there is no such
	// time.
	Again time.Time
}

// A Held version waits for a better judgement. It is not changed after it was made.
type Held struct {
	Fetched xfr.Fetched
	From    netip.AddrPort
	Since   time.Time // when this content was held first
	Ruling  Ruling
}

// gated is what a zone has with a gate.
type gated struct {
	held   atomic.Pointer[Held]
	memory any
	// since is when a version with this hash was held first, before a restart; zero: none was.
	since time.Time
	hash  zone.SetHash
}

// waiting is since when what is held is held, and its hash; zero: nothing is.
func (g *gated) waiting() (since time.Time, hash zone.SetHash) {
	if h := g.held.Load(); h != nil {
		return h.Since, h.Fetched.Version.SetHash()
	}
	return g.since, g.hash
}

// heldSince is since when a version is held: from before, if it is the same content.
func (z *Zone) heldSince(v *zone.Version, now time.Time) (since time.Time, known bool) {
	if g := z.gated.Load(); g != nil {
		if since, hash := g.waiting(); !since.IsZero() && hash == v.SetHash() {
			return since, true
		}
	}
	return now, false
}

// Held is the version that is kept back, nil: none is.
func (z *Zone) Held() *Held {
	if g := z.gated.Load(); g != nil {
		return g.held.Load()
	}
	return nil
}

// End lets go of what is held of a zone that was removed for good.
func (z *Zone) End() { z.letGo() }

// letGo forgets what is held, and what was before a restart.
func (z *Zone) letGo() {
	if z.gated.Load() != nil {
		z.gated.Store(&gated{memory: z.gated.Load().memory})
	}
}

// admit asks the gate about a version that was transferred, and says whether it is to be published. If it is not, the
// refresh has ended when the version is held, and goes on when it is rejected.
func (c *cycle) admit(from netip.AddrPort, f xfr.Fetched) (publish, ended bool) {
	ruling := c.rule(from, f, nil)
	c.outcome.Ruling = ruling
	switch ruling.Verdict {
	case guard.Accept, guard.Warn:
		return true, false
	case guard.Hold:
		c.hold(from, f, ruling)
		return false, true
	}
	c.errs = append(c.errs, fmt.Errorf("%s: %w: serial %s %s", from, guard.ErrRejected, f.Version.Serial(), reasons(ruling.Findings)))
	return false, false
}

func (c *cycle) rule(from netip.AddrPort, f xfr.Fetched, held *Held) Ruling {
	if c.config.Gate == nil {
		c.zone.gated.Store(nil)
		return Ruling{}
	}
	if c.zone.gated.Load() == nil {
		c.zone.gated.Store(new(gated))
	}
	views := c.views
	if views == nil {
		views = c.zone.Report().Primaries
	}
	now := time.Now()
	since, _ := c.zone.heldSince(f.Version, now)
	return c.config.Gate.Judge(c.zone, Proposal{
		Candidate: guard.Candidate{Old: c.have, Version: f.Version, Delta: f.Delta, Forced: c.forced()},
		Primary:   from, Primaries: views, Held: held, Memory: &c.zone.gated.Load().memory,
		Since: since, Now: now,
	})
}

// hold keeps a version back. The same content does not begin to wait anew.
func (c *cycle) hold(from netip.AddrPort, f xfr.Fetched, r Ruling) {
	h := &Held{Fetched: f, From: from, Ruling: r}
	h.Since, c.outcome.Known = c.zone.heldSince(f.Version, time.Now())
	c.zone.gated.Load().held.Store(h)
	c.saw(from, f.Version.Serial(), f.Granted)
	c.outcome.Result, c.outcome.Primary, c.outcome.Fetched = Kept, from, f
}

// reconsider has the gate judge again what is held, and publishes it if it may be. It is for when no primary can be asked
// whether it still has that. What does not follow the version that is served any more is let go.
func (c *cycle) reconsider() {
	h := c.zone.Held()
	if h == nil {
		return
	}
	if d := h.Fetched.Delta; c.config.Gate == nil || c.have == nil || d == nil || d.From.Hash != c.have.SetHash() {
		c.zone.letGo()
		return
	}
	ruling := c.rule(h.From, h.Fetched, h)
	if ruling.Verdict <= guard.Warn {
		c.outcome.Ruling, c.outcome.Known = ruling, true
		c.publish(h.From, h.Fetched)
		return
	}
	still := *h
	still.Ruling = ruling
	c.zone.gated.Load().held.Store(&still)
}

// reasons are the findings in one line.
func reasons(list []guard.Finding) string {
	text := make([]string, len(list))
	for i, f := range list {
		text[i] = f.Reason
	}
	return strings.Join(text, "; ")
}
