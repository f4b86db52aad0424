package secondaryplus

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/understudy-dns/understudy/plugin/internal/catalog"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// origin says which catalog a zone comes from, and under which member ID; the zero origin is the Corefile.
type origin struct{ catalog, id string }

func (o origin) fromCatalog() bool { return o.catalog != "" }

// tag is what a member's files remember of where it comes from.
func (o origin) tag() string { return o.id + ".zones." + o.catalog }

// isCatalog says whether the zone is a catalog. A member of one is none, whatever it contains.
func (s *served) isCatalog() bool { return s.config.catalog != nil && !s.origin.fromCatalog() }

// listing is what is known of a catalog zone. It belongs to the zone, and outlives reloads with it.
type listing struct {
	read    *zone.Version // the version that was read last
	broken  error         // why that one is no catalog
	members catalog.Members
	served  int // members that a server block serves
}

// variant is the one of the first group in the Corefile that a member is in. It is known when the member is in
// none, or in one of the Corefile.
func (s *served) variant(m catalog.Member) (v variant, known bool) {
	for _, v := range s.groups {
		if slices.Contains(m.Groups, v.group) {
			return v, true
		}
	}
	return variant{policy: s.members}, len(m.Groups) == 0 || len(s.groups) == 0
}

// enlist gives p the members of its catalogs, as far as these have been loaded. After a restart that is what
// the last version lists which was kept; after a reload it is what the instance before has.
func (e *engine) enlist(p *Plugin) {
	catalogs := false
	for _, s := range p.order {
		if !s.isCatalog() {
			continue
		}
		catalogs = true
		e.mu.Lock()
		known := s.member.listing != nil
		if !known {
			s.member.listing = &listing{members: restoredMembers(s.member)}
		}
		e.mu.Unlock()
		if !known {
			news, _ := e.read(s.member, false)
			defer news.tell()
		}
	}
	if catalogs {
		e.settle(nil, p)
	}
}

// unlist takes what is listed from zones that were to become catalogs by a configuration that was dropped; e.mu is held.
func (e *engine) unlist() {
	for _, m := range e.members {
		if m.listing != nil && !m.isCatalog() {
			m.listing = nil
			m.keep() // with another tag
		}
	}
}

// isCatalog says whether an instance that is attached has the zone as a catalog; e.mu is held.
func (m *member) isCatalog() bool {
	for _, p := range m.holders {
		if slices.ContainsFunc(p.order, func(s *served) bool { return s.member == m && s.isCatalog() }) {
			return true
		}
	}
	return false
}

// restoredMembers are those that a catalog had when it was saved, if its version alone does not tell them.
func restoredMembers(m *member) catalog.Members {
	if m.saved == "" {
		return catalog.Members{}
	}
	members, err := catalog.Decode(m.saved)
	if err != nil {
		log.Errorf("%s: the members that were saved are not readable: %v", m.zone.Name(), err)
	}
	return members
}

// enqueue has a catalog reviewed after a refresh that says something of its members; e.mu is held.
func (e *engine) enqueue(m *member, o refresh.Outcome) {
	if m == nil || m.listing == nil || e.curator == nil {
		return
	}
	// A version that is still the current one may bring the end of a hold.
	if o.Result == refresh.Updated || o.Result == refresh.Current && m.listing.members.Held() > 0 {
		e.curator.changed(m)
	}
}

// review makes count what the current version of a catalog says.
func (e *engine) review(m *member) {
	e.change.Lock()
	defer e.change.Unlock()
	e.reread(m, false)
}

// releaseCatalog consents to the loss of all members that are held, and returns how many these were.
func (e *engine) releaseCatalog(m *member) int {
	e.change.Lock()
	defer e.change.Unlock()
	return e.reread(m, true)
}

// reread reads a catalog and serves what it lists; e.change is held. It returns how many members were lost and
// held before, and are no longer. A catalog that has expired says nothing (RFC 9432 §5.1).
func (e *engine) reread(m *member, consent bool) (released int) {
	e.mu.Lock()
	l := m.listing
	present := l != nil && e.byZone[m.zone] == m
	e.mu.Unlock()
	if !present || m.zone.Expired() {
		return 0
	}
	before := l.members.Held()
	news, good := e.read(m, consent)
	if good {
		e.settle(m, e.consumers(m)...)
	}
	e.mu.Lock()
	m.keep()
	e.mu.Unlock()
	news.tell()
	return max(0, before-l.members.Held())
}

// read takes the current version of a catalog zone in. It is good when it may change something; e.change is held.
func (e *engine) read(m *member, consent bool) (n news, good bool) {
	l, v := m.listing, m.zone.Current()
	again := v == l.read
	if v == nil || again && (l.broken != nil || l.members.Held() == 0) {
		return news{}, false
	}
	n = news{name: m.zone.Name(), serial: v.Serial(), mended: l.broken != nil, members: l.members}
	var content catalog.Catalog
	if content, n.broken = catalog.Parse(v); n.broken == nil {
		n.members, n.change = l.members.Update(content, time.Now(), consent)
	}
	e.mu.Lock()
	l.read, l.broken, l.members = v, n.broken, n.members
	n.release = e.endpoint.wayTo("release", n.name)
	e.mu.Unlock()
	return n, n.broken == nil && (!again || !n.change.IsZero())
}

// consumers are the instances for which m is a catalog, those first whose configuration counts.
func (e *engine) consumers(m *member) (list []*Plugin) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var staged []*Plugin
	for _, p := range m.holders {
		if !slices.ContainsFunc(p.order, func(s *served) bool { return s.member == m && s.isCatalog() }) {
			continue
		}
		if p.committed {
			list = append(list, p)
		} else {
			staged = append(staged, p)
		}
	}
	return append(list, staged...)
}

// inventory is what the metrics tell of a catalog.
type inventory struct {
	served, held int
	broken       bool
}

// inventories are those of all catalogs.
func (e *engine) inventories() map[identity]inventory {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := map[identity]inventory{}
	for id, m := range e.members {
		if l := m.listing; l != nil {
			list[id] = inventory{l.served, l.members.Held(), l.broken != nil}
		}
	}
	return list
}

func (i inventory) collect(out chan<- prometheus.Metric, zone, server string) {
	broken := 0.0
	if i.broken {
		broken = 1
	}
	out <- gauge(membersDesc, float64(i.served), zone, server)
	out <- gauge(heldDesc, float64(i.held), zone, server)
	out <- gauge(brokenDesc, broken, zone, server)
}
