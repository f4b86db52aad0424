package serialguard

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// A gate judges the versions that the zones of a server block would publish.
type gate struct {
	key, view string // of the server block
	server    string // both: the label of metrics
	stanzas   []*stanza
	of        *corefile.Corefile
	refresh   func(*refresh.Zone) // has a zone refreshed
}

var (
	_ refresh.Gate      = (*gate)(nil)
	_ refresh.Overruler = (*gate)(nil)
	_ refresh.Eraser    = (*gate)(nil)
	_ refresh.Mover     = (*gate)(nil)
)

// Witnesses implements refresh.Gate.
func (g *gate) Witnesses(z *refresh.Zone) (list []netip.AddrPort) {
	s := of(g.stanzas, z.Apex())
	if s == nil || s.policy.Quorum.Need == 0 {
		return nil
	}
	for _, p := range s.voters(z.Config()) {
		list = append(list, p.Addr)
	}
	return list
}

// Judge implements refresh.Gate.
func (g *gate) Judge(z *refresh.Zone, p refresh.Proposal) refresh.Ruling {
	g = g.now(z)
	s := of(g.stanzas, z.Apex())
	if s == nil {
		g.unguarded(z, p.Memory)
		return refresh.Ruling{}
	}
	m := g.remembered(z, s, p.Memory)
	c := &guard.Change{Candidate: p.Candidate, Now: p.Now, Before: m.of(p.Old)}
	c.After = c.Before.After(p.Old, p.Version, p.Delta)
	findings, again := g.findings(z, s, m, c, &p)
	r := refresh.Ruling{Verdict: guard.Strictest(findings), Findings: findings}
	content, verdict := m.counted.next(judged{p.Since, hashOf(p.Old), p.Version.SetHash(), r.Verdict})
	if verdict {
		count(z.Name(), g.server, findings)
	}
	if content {
		evaluated(c, time.Since(p.Now))
	}
	switch rolled := g.rolledBack(z, p.Old); {
	case rolled != nil:
		g.holdBack(z, s, m, &p, &r, rolled)
	case !s.enforce:
		r = observed(r)
	case r.Verdict == guard.Hold:
		g.hold(z, s, m, c, &p, &r)
		if r.Verdict == guard.Hold {
			r.Again = sooner(r.Again, again)
		}
	}
	if r.Verdict <= guard.Warn {
		g.accepted(z, s, m, c, &p)
		r.Again = m.turns(s, z.Config())
	}
	return r
}

// findings are those about the content and about how many primaries have it. If a quorum is missing, it is to be looked
// for again at a moment.
func (g *gate) findings(z *refresh.Zone, s *stanza, m *memory, c *guard.Change, p *refresh.Proposal) (list []guard.Finding, again time.Time) {
	list = s.policy.Examine(c)
	if s.policy.Quorum.Need == 0 || p.Old == nil {
		return list, again
	}
	if p.Held == nil {
		m.agree = s.agreeing(z.Config(), p.Agree)
		m.differing(p)
	}
	agreeing.WithLabelValues(z.Name(), g.server).Set(float64(m.agree))
	since := p.Still
	if fresh(z.Held(), guard.TooFew) {
		since = p.Now
	}
	few, found, met, until := s.policy.Agreement(m.agree, len(s.voters(z.Config())), since, p.Now)
	if met {
		list = guard.Corroborated(list)
	}
	if found {
		list = append(list, few)
		again = quorumAgain(p.Now, until)
	}
	for _, addr := range p.Differ {
		f, found, _ := s.policy.Differing(guard.Mismatch{Primary: addr})
		if found {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b guard.Finding) int { return cmp.Compare(b.Verdict, a.Verdict) })
	return list, again
}

// recount is how often primaries are asked whether they have a version now.
const recount = 15 * time.Second

func quorumAgain(now, until time.Time) time.Time { return sooner(now.Add(recount), until) }

// observed is what is done about findings when nothing is to be done: what would have been is said.
func observed(r refresh.Ruling) refresh.Ruling {
	if r.Verdict > guard.Warn {
		r.Note = fmt.Sprintf("'mode enforce' would %s it", r.Verdict)
	}
	r.Verdict = min(r.Verdict, guard.Warn)
	return r
}

// hold keeps a version back, unless the operator's terms let it through.
func (g *gate) hold(z *refresh.Zone, s *stanza, m *memory, c *guard.Change, p *refresh.Proposal, r *refresh.Ruling) {
	digest := m.digestOf(c.Version)
	m.clocks(z, p, r)
	d := s.terms.decide(state{
		now: p.Now, since: r.Since, still: r.Still, serial: c.Version.Serial(), digest: digest, approvals: process.approvals(z),
		confirmed: p.Held == nil, expire: expireOf(z, c.Old), before: c.Before, after: validating(c, r.Findings),
	})
	if d.released == "" {
		r.Again, r.Until, r.Lapse, r.Digest = d.again, d.until, d.lapse, digest
		r.Note = fmt.Sprintf("to have it published: 'accept %s %s'", c.Version.Serial(), digest)
		g.began(z, s, p)
		return
	}
	r.Verdict, r.Note = guard.Warn, "released: "+d.released
	releases.WithLabelValues(z.Name(), g.server, d.how).Inc()
	if d.how == "signatures" {
		m.urgent, m.alarm = true, g.releasedAlert(z, c.Version, d.released, r.Findings)
		alerts.Fire(m.alarm)
	}
}

// clocks says since when something is held, and since when it is what it is. A newer serial goes on where the one before it
// was, but not when it is held for something that nobody has had the time to see; and what was held because of a rollback
// begins anew when that is over.
func (m *memory) clocks(z *refresh.Zone, p *refresh.Proposal, r *refresh.Ruling) {
	r.Since, r.Still = p.Since, p.Still
	if m.back {
		m.back, r.Since, r.Still = false, p.Now, p.Now
	}
	for _, f := range r.Findings {
		if f.Verdict >= guard.Hold && fresh(z.Held(), f.Rule) {
			r.Still = p.Now
		}
	}
}

// fresh says whether what is held is held for other rules than that one.
func fresh(h *refresh.Held, rule guard.Rule) bool {
	return h != nil && !slices.ContainsFunc(h.Ruling.Findings, func(f guard.Finding) bool {
		return f.Verdict >= guard.Hold && f.Rule == rule
	})
}

// validating are the statistics of a version, if nothing is known against its signatures: one that does not validate is no
// better than what is served when the signatures of that expire, however long its own last.
func validating(c *guard.Change, findings []guard.Finding) *guard.Statistics {
	if slices.ContainsFunc(findings, func(f guard.Finding) bool {
		return f.Verdict >= guard.Hold && (f.Rule == guard.Unsigned || f.Rule == guard.Signatures)
	}) {
		return nil
	}
	return c.After
}

// holdBack keeps everything back after the operator has put a version back, but what was approved since. A line of the
// Corefile may be older than that, and may have let through what the operator has put the version back for.
func (g *gate) holdBack(z *refresh.Zone, s *stanza, m *memory, p *refresh.Proposal, r *refresh.Ruling, b *rollback) {
	digest := m.digestOf(p.Version)
	approved := approval{p.Version.Serial(), digest}
	if slices.Contains(process.approvals(z), approved) {
		r.Verdict, r.Note = guard.Warn, "released: approved by its digest"
		releases.WithLabelValues(z.Name(), g.server, "approved").Inc()
		g.forward(z, s)
		return
	}
	m.back = true
	r.Verdict, r.Digest = guard.Hold, digest
	r.Note = fmt.Sprintf("serial %s was put back by order; to go on: order 'resume', or 'approve' for serial %s with %s", b.Serial, p.Version.Serial(), digest)
	g.began(z, s, p)
}

// accepted keeps account of a version that is about to be published.
func (g *gate) accepted(z *refresh.Zone, s *stanza, m *memory, c *guard.Change, p *refresh.Proposal) {
	m.version, m.statistics = p.Version, c.After
	process.disapprove(z)
	g.calm(z, m)
	m.alarmed, m.urgent = m.urgent, false
	if g.archive(z, s) != nil && p.Old != nil {
		g.keep(z, s, p)
	}
}

// calm ends the alert that something was released for the sake of signatures.
func (g *gate) calm(z *refresh.Zone, m *memory) {
	if m.alarmed {
		alerts.Resolve(alertReleased, g.labels(z))
	}
	m.alarmed = false
}

// agreeing is how many of the voters are among primaries.
func (s *stanza) agreeing(c *refresh.Config, list []netip.AddrPort) (n int) {
	for _, p := range s.voters(c) {
		if slices.Contains(list, p.Addr) {
			n++
		}
	}
	return n
}

// voters are the primaries that a quorum is of.
func (s *stanza) voters(c *refresh.Config) []xfr.Primary {
	if of := s.policy.Quorum.Of; of > 0 {
		return c.Primaries[:min(of, len(c.Primaries))]
	}
	return c.Primaries
}
