package serialguard

import (
	"net/netip"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// Survey implements refresh.Gate.
func (g *gate) Survey(z *refresh.Zone, v refresh.Survey) (a refresh.Advice) {
	g = g.now(z)
	s := of(g.stanzas, z.Apex())
	if s == nil {
		g.unguarded(z, v.Memory)
		return a
	}
	m := g.remembered(z, s, v.Memory)
	if !v.Behind.IsZero() {
		g.standstill(z, s, &v, &a)
		is := judged{since: v.Behind, from: v.Have.SetHash(), verdict: guard.Strictest(a.Ruling.Findings)}
		if _, changed := m.stood.next(is); changed {
			count(z.Name(), g.server, a.Ruling.Findings)
		}
	}
	standing := g.lagging(s, m, &v, &a)
	standing = append(standing, m.differences(v.Primaries)...)
	a.Ruling.Findings = append(a.Ruling.Findings, standing...)
	count(z.Name(), g.server, standing)
	g.divided(z, m, standing)
	g.due(s, m, &v, &a)
	return a
}

// standstill decides what becomes of a zone whose primaries all have an older serial.
func (g *gate) standstill(z *refresh.Zone, s *stanza, v *refresh.Survey, a *refresh.Advice) {
	expire := expireOf(z, v.Have)
	f, until := s.policy.Back(guard.Standstill{
		Have: v.Have.Serial(), Said: saidBy(v.Primaries), Since: v.Behind, Now: v.Now, Expire: expire,
	})
	if f.Verdict != guard.Accept {
		a.Ruling.Findings = append(a.Ruling.Findings, f)
	}
	switch {
	case g.rolledBack(z, v.Have) != nil:
		a.Adopt = true // and then holdBack holds it: so the zone does not expire, and what they have may be approved
		mildly(a.Ruling.Findings)
		return
	case !s.enforce:
		if f.Verdict == guard.Hold {
			a.Ruling.Note = "'mode enforce' would hold what is served, and take theirs in the end"
		}
		return
	case f.Verdict != guard.Hold:
		a.Adopt = true
		return
	}
	d := s.terms.decide(state{now: v.Now, since: v.Behind, expire: expire})
	if v.Expired {
		d.released, d.how = "the zone has expired, and what they have is better than nothing", "expired"
	}
	if d.released != "" && d.how != "auto" {
		a.Adopt, a.Ruling.Note = true, "released: "+d.released
		mildly(a.Ruling.Findings)
		releases.WithLabelValues(z.Name(), g.server, d.how).Inc()
		return
	}
	a.Ruling.Verdict, a.Ruling.Lapse = guard.Hold, d.lapse
	a.Ruling.Until, a.Ruling.Again = sooner(until, d.until), sooner(until, d.again)
	a.Ruling.Note = "to have theirs at once: order 'retransfer'"
	a.Again = a.Ruling.Again
	process.begin(z)
}

// mildly makes warnings of findings that hold nothing.
func mildly(list []guard.Finding) {
	for i := range list {
		list[i].Verdict = min(list[i].Verdict, guard.Warn)
	}
}

// saidBy are the serials of the primaries that answered, the newest first.
func saidBy(views []primary.View) (list []guard.Said) {
	for _, v := range views {
		if v.Err == nil {
			list = append(list, guard.Said{Primary: v.Addr, Serial: v.Serial})
		}
	}
	slices.SortStableFunc(list, func(a, b guard.Said) int {
		switch {
		case a.Serial.Newer(b.Serial):
			return -1
		case b.Serial.Newer(a.Serial):
			return 1
		}
		return 0
	})
	return list
}

// lagging finds the primaries that stay behind.
func (g *gate) lagging(s *stanza, m *memory, v *refresh.Survey, a *refresh.Advice) (list []guard.Finding) {
	said := saidBy(v.Primaries)
	if len(said) < 2 {
		return nil
	}
	newest := said[0].Serial
	for _, one := range said {
		st := m.at(one.Primary)
		switch {
		case !newest.Newer(one.Serial):
			st.behind = time.Time{}
			continue
		case st.behind.IsZero():
			st.behind = v.Now
		}
		if end := st.behind.Add(s.policy.Lag); v.Now.Before(end) {
			a.Again = sooner(a.Again, end)
		} else if f, found := s.policy.Lagging(one, st.behind); found {
			list = append(list, f)
		}
	}
	return list
}

// differences are what audits have found about the primaries that there are.
func (m *memory) differences(views []primary.View) (list []guard.Finding) {
	for addr, st := range m.others {
		if !slices.ContainsFunc(views, func(v primary.View) bool { return v.Addr == addr }) {
			delete(m.others, addr)
			continue
		}
		if st.differs != nil {
			list = append(list, *st.differs)
		}
	}
	slices.SortFunc(list, func(a, b guard.Finding) int { return slices.Compare([]byte(a.Reason), []byte(b.Reason)) })
	return list
}

// due has the primaries audited whose turn it is: those that answer, and have the serial that is served. For others
// the turn goes by.
func (g *gate) due(s *stanza, m *memory, v *refresh.Survey, a *refresh.Advice) {
	for _, view := range v.Primaries {
		at := m.turn(s, view.Addr)
		if !at.After(v.Now) {
			if view.Err == nil && view.Serial == v.Have.Serial() {
				a.Audit = append(a.Audit, view.Addr)
			} else {
				m.at(view.Addr).audited = v.Now
			}
			at = v.Now.Add(s.audit)
		}
		a.Again = sooner(a.Again, at)
	}
}

// turn is when a primary is audited next. The first time is at random: a hundred thousand zones are not audited in one
// moment.
func (m *memory) turn(s *stanza, addr netip.AddrPort) time.Time {
	if st := m.others[addr]; st != nil && !st.audited.IsZero() {
		return st.audited.Add(s.audit)
	}
	return m.seen.Add(m.spread)
}

// turns is when the first of the primaries is audited next.
func (m *memory) turns(s *stanza, c *refresh.Config) (at time.Time) {
	for _, p := range c.Primaries {
		at = sooner(at, m.turn(s, p.Addr))
	}
	return at
}

// Compare implements refresh.Gate.
func (g *gate) Compare(z *refresh.Zone, c refresh.Comparison) (r refresh.Ruling, adopt bool) {
	g = g.now(z)
	s := of(g.stanzas, z.Apex())
	if s == nil {
		return r, false
	}
	m := g.remembered(z, s, c.Memory)
	st := m.at(c.Primary)
	st.audited = c.Now
	if c.Version == nil || c.Version.Serial() != c.Have.Serial() {
		return r, false // it says nothing
	}
	st.differs = nil
	if c.Version.SetHash() != c.Have.SetHash() {
		f, found, fresher := s.policy.Differing(mismatchOf(m, &c))
		if adopt = fresher && s.enforce; !adopt && found {
			st.differs = &f
		}
		if found {
			r.Verdict, r.Findings = f.Verdict, []guard.Finding{f}
			count(z.Name(), g.server, r.Findings)
		}
	}
	g.divided(z, m, m.differences(viewsOf(z)))
	return r, adopt
}

func viewsOf(z *refresh.Zone) (list []primary.View) {
	for _, p := range z.Config().Primaries {
		list = append(list, primary.View{Addr: p.Addr})
	}
	return list
}

func mismatchOf(m *memory, c *refresh.Comparison) guard.Mismatch {
	x := guard.Mismatch{Primary: c.Primary, Pinned: c.Pinned}
	if d := c.Delta; d != nil {
		x.Deletions, x.Additions = d.Deletions, d.Additions
	}
	was, signed := guard.SOASignedUntil(c.Have, c.Now)
	is, still := guard.SOASignedUntil(c.Version, c.Now)
	x.Fresher = signed && still && is.After(was)
	return x
}

// differing notes what a quorum has shown of primaries with another content.
func (m *memory) differing(p *refresh.Proposal) {
	for _, addr := range p.Agree {
		m.at(addr).differs = nil
	}
}

// divided keeps the alert about primaries that disagree.
func (g *gate) divided(z *refresh.Zone, m *memory, list []guard.Finding) {
	switch {
	case len(list) > 0:
		m.divided = true
		alerts.Fire(g.disagreement(z, list))
	case m.divided:
		m.divided = false
		alerts.Resolve(alertDisagree, g.labels(z))
	}
}
