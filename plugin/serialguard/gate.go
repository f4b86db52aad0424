package serialguard

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
	"github.com/understudy-dns/understudy/plugin/internal/zonemd"
)

// A gate judges the versions that the zones of a server block would publish.
type gate struct {
	server  string // the first key of the server block, with its view: the label of metrics
	stanzas []*stanza
}

// memory is what is kept of a zone from one judgement to the next, over reloads too.
type memory struct {
	version    *zone.Version // that the statistics are of
	statistics *guard.Statistics
	digested   zone.SetHash // the content that the digest is of
	digest     string
}

// Judge implements refresh.Gate.
func (g *gate) Judge(z *refresh.Zone, p refresh.Proposal) refresh.Ruling {
	s := of(g.stanzas, z.Apex())
	if s == nil {
		*p.Memory = nil // it would keep a version in memory
		return refresh.Ruling{}
	}
	m := remembered(p.Memory)
	c := &guard.Change{Candidate: p.Candidate, Now: p.Now, Before: m.of(p.Old)}
	c.After = c.Before.After(p.Old, p.Version, p.Delta)
	findings := s.policy.Examine(c)
	r := refresh.Ruling{Verdict: guard.Strictest(findings), Findings: findings}
	count(z.Name(), g.server, findings, time.Since(p.Now))
	switch {
	case !s.enforce:
		r = observed(r)
	case r.Verdict == guard.Hold:
		g.hold(z, s, m, c, &p, &r)
	}
	if r.Verdict <= guard.Warn {
		m.version, m.statistics = p.Version, c.After
	}
	return r
}

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
	d := s.terms.decide(state{
		now: p.Now, since: p.Since, serial: c.Version.Serial(), digest: digest, confirmed: p.Held == nil, expire: expireOf(c.Old),
		before: c.Before, after: c.After,
	})
	if d.released == "" {
		r.Again, r.Note = d.again, note(c.Version, digest)
		process.begin(z, g.server)
		return
	}
	r.Verdict, r.Note = guard.Warn, "released: "+d.released
	releases.WithLabelValues(z.Name(), g.server, d.how).Inc()
}

func note(v *zone.Version, digest string) string {
	return fmt.Sprintf("to have it published: 'accept %s %s'", v.Serial(), digest)
}

func expireOf(v *zone.Version) time.Duration {
	if v == nil {
		return 0
	}
	return time.Duration(v.SOA().Expire) * time.Second
}

// remembered is the memory in its place.
func remembered(place *any) *memory {
	if m, ok := (*place).(*memory); ok {
		return m
	}
	m := new(memory)
	*place = m
	return m
}

// of are the statistics of a version, nil for none.
func (m *memory) of(v *zone.Version) *guard.Statistics {
	if v == nil {
		return nil
	}
	if m.version != v {
		m.version, m.statistics = v, guard.StatisticsOf(v)
	}
	return m.statistics
}

const digestPrefix = "sha384:"

// digestOf is the digest by which a content is approved: that of RFC 8976 §3.3, whose cost is that of the zone.
func (m *memory) digestOf(v *zone.Version) string {
	if m.digest == "" || m.digested != v.SetHash() {
		m.digested, m.digest = v.SetHash(), digestPrefix+hex.EncodeToString(zonemd.Digest(v, sha512.New384()))
	}
	return m.digest
}
