package refresh

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A Survey is what a round of SOA checks has shown.
type Survey struct {
	Have      *zone.Version  // what is served
	Primaries []primary.View // as configured
	Source    netip.AddrPort // where Have came from
	// Behind is since when no primary that answers has what is served or newer; zero: one has, or none answers.
	Behind  time.Time
	Expired bool // the zone is not answered any more
	Now     time.Time
	Memory  *any // see Proposal
}

// Advice is what a Gate makes of a Survey.
type Advice struct {
	// Ruling is about the older serial that the primaries have: Hold keeps what is served, and the zone does not expire;
	// anything milder goes with Adopt. It may have findings about the primaries, too.
	Ruling Ruling
	// Adopt has the primaries' version transferred, older as it is.
	Adopt bool
	// Audit are primaries whose content is to be compared with what is served.
	Audit []netip.AddrPort
	// Again is when to ask for advice again; zero: in the next refresh.
	Again time.Time
}

// A Comparison is of what is served with what a primary has under the same serial.
type Comparison struct {
	Have    *zone.Version
	Primary netip.AddrPort
	Pinned  bool          // Have came from it
	Version *zone.Version // what it has; nil: it could not be transferred
	Delta   *zone.Delta
	Now     time.Time
	Memory  *any // see Proposal
}

// survey asks the gate what to make of what the primaries said. It says whether what they have is to be fetched, older as
// it is.
func (c *cycle) survey(now time.Time) (adopt bool) {
	if !c.gates() || c.have == nil || c.cut() {
		return false
	}
	behind := c.behind(now)
	c.advice = c.config.Gate.Survey(c.zone, Survey{
		Have: c.have, Primaries: c.views, Source: c.zone.source, Behind: behind, Expired: c.zone.Expired(),
		Now: now, Memory: c.memory(),
	})
	if c.advice.Adopt {
		c.adopting, c.allowed = true, c.advice.Ruling.Findings
	}
	return c.advice.Adopt
}

// behind keeps account of since when no primary has what is served or newer. When none answers, it is not known, and
// nothing changes.
func (c *cycle) behind(now time.Time) time.Time {
	g := c.zone.gated.Load()
	answered := slices.ContainsFunc(c.views, func(v primary.View) bool { return v.Err == nil })
	alive := slices.ContainsFunc(c.views, func(v primary.View) bool {
		return v.Err == nil && (c.same(v) || v.Serial.Newer(c.have.Serial()))
	})
	switch {
	case alive || c.same(c.equal):
		g.behind = time.Time{}
	case answered && g.behind.IsZero():
		g.behind, _ = c.zone.heldSince(zone.SetHash{}, now)
	case !answered:
		return time.Time{}
	}
	return g.behind
}

// adoptable are the primaries to fetch an older version from: the one that the zone stays with, or else the newest.
func (c *cycle) adoptable(now time.Time) []primary.View {
	candidates, _ := c.config.Ranking.Candidates(c.views, c.zone.pin, nil, now)
	c.pinnedFirst(candidates)
	return candidates
}

// heed does what the gate advised when there was nothing to fetch.
func (c *cycle) heed(ctx context.Context) {
	if c.advice.Ruling.Verdict == guard.Hold && c.outcome.Result == Behind {
		v := c.adoptable(time.Now())[0] // one answered
		c.hold(&Held{Serial: v.Serial, From: v.Addr, Ruling: c.advice.Ruling})
		c.again = c.advice.Again
		return
	}
	if c.outcome.Result == Behind {
		c.retract()
	}
	c.outcome.Ruling = c.advice.Ruling
	c.again = c.advice.Again
	if c.outcome.Result == Current && !c.zone.Expired() { // else the audit would put off that it is served again
		c.audit(ctx)
	}
	if g := c.zone.gated.Load(); g != nil && c.outcome.Result != Updated && !c.cut() {
		list := c.outcome.Ruling.Findings
		g.warnings.Store(&list)
	}
}

// retract lets go of what is held when no primary that answers has it any more, and the gate holds nothing instead.
func (c *cycle) retract() {
	g := c.zone.gated.Load()
	if g == nil || c.cut() {
		return
	}
	behind := g.behind
	c.zone.letGo()
	c.zone.gated.Load().behind = behind
}

// audit compares what primaries have with what is served. It ends when another refresh is asked for.
func (c *cycle) audit(ctx context.Context) {
	spare, stop := context.WithCancel(ctx)
	defer stop()
	c.spare(stop)
	defer c.spare(nil)
	for _, addr := range c.advice.Audit {
		p, ok := c.config.primaryAt(addr)
		if !ok {
			continue
		}
		f, ok := c.aside(spare, p, xfr.Options{Force: true}, auditPatience)
		if !ok && ctx.Err() != nil {
			return
		}
		m := Comparison{
			Have: c.have, Primary: addr, Pinned: addr == c.zone.source, Version: f.Version, Delta: f.Delta,
			Now: time.Now(), Memory: c.memory(),
		}
		if m.Version != nil && m.Version.Serial() == c.have.Serial() {
			c.prove(addr, m.Version)
		}
		r, adopt := c.config.Gate.Compare(c.zone, m)
		c.outcome.Ruling.Findings = append(c.outcome.Ruling.Findings, r.Findings...)
		if adopt && c.adopt(ctx, p, f, r) {
			return
		}
		if m.Version != nil && c.zone.holdsTwin() && c.zone.Held().From == addr {
			c.zone.letGo() // it has something else now
		}
	}
}

// adopt publishes a version that has the serial of what is served, if the gate lets it pass.
func (c *cycle) adopt(ctx context.Context, p xfr.Primary, f xfr.Fetched, r Ruling) bool {
	c.adopting, c.allowed = true, r.Findings
	defer func() { c.adopting, c.allowed = false, nil }()
	if err := c.check(p, f, nil); err != nil {
		c.errs = append(c.errs, err)
		return false
	}
	publish, ended := c.admit(ctx, p.Addr, f)
	if publish {
		c.publish(p.Addr, f)
	}
	return publish || ended
}

// consult asks the witnesses for their content, and says which of them have that of a version that was transferred.
// Deltas of a primary count only when they begin at what it was seen to have. Something that is held is not asked for
// again.
func (c *cycle) consult(ctx context.Context, from netip.AddrPort, f xfr.Fetched, held bool) (agree, differ []netip.AddrPort) {
	agree = []netip.AddrPort{from}
	c.prove(from, f.Version)
	if c.have == nil || held {
		return agree, nil
	}
	patience := witnessPatience + 4*f.Duration
	for _, addr := range c.config.Gate.Witnesses(c.zone) {
		p, ok := c.config.primaryAt(addr)
		if !ok || addr == from || !c.mayHave(addr, f.Version) {
			continue
		}
		ixfr := c.config.IXFR && c.zone.gated.Load().proven[addr] == c.have.SetHash()
		other, ok := c.aside(ctx, p, xfr.Options{IXFR: ixfr, Force: c.forced()}, patience)
		if !ok || other.Version == nil || other.Version.Serial() != f.Version.Serial() {
			continue
		}
		c.prove(addr, other.Version)
		if other.Version.SetHash() == f.Version.SetHash() {
			agree = append(agree, addr)
		} else {
			differ = append(differ, addr)
		}
	}
	return agree, differ
}

// How long a transfer may take that is only for a comparison.
const (
	witnessPatience = 10 * time.Second
	auditPatience   = 10 * time.Minute
)

// mayHave says whether a primary may have a version, by what it said last in this refresh. One that is remembered as
// silent, or as one that cannot be connected to, would cost all of the patience each time.
func (c *cycle) mayHave(addr netip.AddrPort, v *zone.Version) bool {
	now, lost := time.Now(), c.reach.at(addr)
	if lost.Silent.Lasts(now) || lost.Closed.Lasts(now) {
		return false
	}
	i := slices.IndexFunc(c.views, func(v primary.View) bool { return v.Addr == addr })
	return i < 0 || notAwaited(c.views[i]) || c.views[i].Err == nil && c.views[i].Serial == v.Serial()
}

// aside transfers a version that is not to be published. It needs a slot for that, and does not wait for one.
func (c *cycle) aside(ctx context.Context, p xfr.Primary, o xfr.Options, patience time.Duration) (xfr.Fetched, bool) {
	release, ok := c.slots.try(p.Addr.Addr())
	if !ok {
		return xfr.Fetched{}, false
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f, err := c.config.Fetcher.Fetch(ctx, c.zone.apex, p, c.have, o)
	c.reach.fetched(p.Addr, err, time.Now())
	return f, err == nil
}

// prove notes what a primary was seen to have.
func (c *cycle) prove(addr netip.AddrPort, v *zone.Version) {
	g := c.zone.gated.Load()
	if len(c.config.Primaries) < 2 {
		return // there is nobody to compare it with
	}
	if g.proven == nil {
		g.proven = make(map[netip.AddrPort]zone.SetHash)
	}
	if len(g.proven) > 2*len(c.config.Primaries) {
		clear(g.proven) // they are others now
	}
	g.proven[addr] = v.SetHash()
}
