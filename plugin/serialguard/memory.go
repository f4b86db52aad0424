package serialguard

import (
	"crypto/sha512"
	"encoding/hex"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
	"github.com/understudy-dns/understudy/plugin/internal/zonemd"
)

// memory is what is kept of a zone from one judgement to the next, over reloads too. It belongs to the running refresh.
type memory struct {
	version    *zone.Version // that the statistics are of
	statistics *guard.Statistics
	digested   zone.SetHash // the content that the digest is of
	digest     string
	agree      int  // primaries that had what is held
	back       bool // what is held is so because a version was put back

	counted, stood judged // what metrics know of: contents, and older serials that all primaries have

	seen    time.Time // when the zone was first looked at
	spread  time.Duration
	others  map[netip.AddrPort]*standing // of primaries of which something is known
	divided bool                         // an alert says that primaries disagree

	urgent  bool // what is judged is released for the sake of signatures
	alarmed bool // what is served was, and an alert says so
	alarm   events.Alert
	server  string // as the alerts say
}

// judged is what was made of a content, or of an older serial: then to is zero. What is held is judged again by each
// refresh.
type judged struct {
	since    time.Time // when it was held first
	from, to zone.SetHash
	verdict  guard.Verdict
}

// next notes what is judged now, and says whether that is something else than before, and whether that or its verdict is.
func (j *judged) next(is judged) (other, changed bool) {
	was := *j
	*j = is
	changed = is != was
	was.verdict = is.verdict
	return is != was, changed
}

// hashOf is that of a version, zero for none.
func hashOf(v *zone.Version) zone.SetHash {
	if v == nil {
		return zone.SetHash{}
	}
	return v.SetHash()
}

// standing is where a primary stands beside the others.
type standing struct {
	behind  time.Time      // since when it has an older version than another one; zero: it has not
	audited time.Time      // when its content was compared last
	differs *guard.Finding // what came of that; nil: nothing
}

// remembered is the memory in its place.
func (g *gate) remembered(z *refresh.Zone, s *stanza, place *any) *memory {
	if m, ok := (*place).(*memory); ok {
		g.takeOver(z, m)
		return m
	}
	m := &memory{seen: time.Now(), spread: rand.N(s.audit), server: g.server}
	*place = m
	g.recallRollback(z, s)
	return m
}

// takeOver has the alert that something was released be one of g's, see Move. The others are told of again as it is.
func (g *gate) takeOver(z *refresh.Zone, m *memory) {
	if m.server == g.server {
		return
	}
	m.server = g.server
	if m.alarmed {
		m.alarm.Labels = g.labels(z)
		alerts.Fire(m.alarm)
	}
}

// unguarded forgets a zone that no stanza names any more: its memory would keep a version. Nobody would tell of the end of
// its alerts.
func (g *gate) unguarded(z *refresh.Zone, place *any) {
	if m, ok := (*place).(*memory); ok {
		g.divided(z, m, nil)
		g.calm(z, m)
	}
	*place = nil
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

// at is where a primary stands.
func (m *memory) at(addr netip.AddrPort) *standing {
	if m.others == nil {
		m.others = make(map[netip.AddrPort]*standing)
	}
	st := m.others[addr]
	if st == nil {
		st = new(standing)
		m.others[addr] = st
	}
	return st
}

const digestPrefix = "sha384:"

// digestOf is the digest by which a content is approved: that of RFC 8976 §3.3, whose cost is that of the zone.
func (m *memory) digestOf(v *zone.Version) string {
	if m.digest == "" || m.digested != v.SetHash() {
		m.digested, m.digest = v.SetHash(), digestPrefix+hex.EncodeToString(zonemd.Digest(v, sha512.New384()))
	}
	return m.digest
}

// expireOf is the EXPIRE of a version as it counts for the zone.
func expireOf(z *refresh.Zone, v *zone.Version) time.Duration {
	if v == nil {
		return 0
	}
	soa := v.SOA()
	_, _, expire := z.Config().Clamps.Of(&soa)
	return expire
}
