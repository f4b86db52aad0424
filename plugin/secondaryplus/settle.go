package secondaryplus

import "maps"

// plan is what a server block will serve, and what it takes to get there.
type plan struct {
	plugin  *Plugin
	next    table
	made    []*served // those that the instance did not have like this before
	saved   map[*served]restored
	gone    []*member // those that it has no more
	remarks remarks
}

// settle serves what catalogs list, in each of the given instances. updated is the catalog that has a new
// version, nil: none has. e.change is held. What ends is waited for before anything begins under the same name.
func (e *engine) settle(updated *member, plugins ...*Plugin) {
	var plans []*plan
	var orphans []*member
	e.mu.Lock()
	for _, p := range plugins {
		plan := e.plan(p, updated)
		for _, m := range plan.gone {
			if e.release(m, p) {
				orphans = append(orphans, m)
			}
		}
		plans = append(plans, plan)
	}
	e.mu.Unlock()
	gone{members: orphans}.end()
	e.erase(orphans)
	for _, plan := range plans {
		plan.saved = e.restore(plan.plugin, plan.begun())
	}
	e.mu.Lock()
	for _, plan := range plans {
		e.carryOut(plan)
	}
	e.mu.Unlock()
	for _, plan := range plans {
		for _, s := range plan.made {
			s.member.begin()
			e.alarm.begun(s.member, plan.plugin.identity(s).server())
		}
	}
	for _, plan := range plans {
		plan.remarks.tell(plan.plugin)
	}
}

// plan compares what p serves with what it is to serve; e.mu is held.
func (e *engine) plan(p *Plugin, updated *member) *plan {
	claims, remarks := e.claims(p, updated)
	pl := &plan{plugin: p, next: maps.Clone(p.static), remarks: remarks}
	present := p.table()
	for key, c := range claims {
		s := c.serve(present[key])
		if s != present[key] {
			pl.made = append(pl.made, s)
		}
		pl.next[key] = s
	}
	for key, s := range present {
		if next := pl.next[key]; s.origin.fromCatalog() && (next == nil || next.member != s.member) {
			pl.gone = append(pl.gone, s.member)
		}
	}
	return pl
}

// serve is the zone of a claim as it is to be served: the present one if nothing changes, one with the same
// content, or, without a member yet, one that begins anew.
func (c claim) serve(present *served) *served {
	v, _ := c.by.variant(c.member)
	s := &served{name: c.member.Zone.Canonical(), apex: c.member.Zone, policy: v.policy, origin: c.origin(), heir: c.heir}
	if present == nil || !c.continues(present.origin) {
		return s
	}
	if present.origin == s.origin && present.policy == s.policy {
		return present
	}
	s.member = present.member
	return s
}

// carryOut makes a plan true. The new table is there when all that is in it is; e.mu is held.
func (e *engine) carryOut(pl *plan) {
	p := pl.plugin
	for _, s := range pl.made {
		if s.member == nil {
			s.member = e.memberFor(p, s, pl.saved[s])
			s.member.holders.add(p)
		}
		if p.committed {
			e.commitZone(p, s)
		}
	}
	p.zones.Store(&pl.next)
	if p.committed {
		p.countMembers()
	}
}

// begun are those that may have been saved by another process.
func (pl *plan) begun() (list []*served) {
	for _, s := range pl.made {
		if s.member == nil {
			list = append(list, s)
		}
	}
	return list
}

// countMembers takes down how many members of each catalog p serves; e.mu is held.
func (p *Plugin) countMembers() {
	served := map[string]int{}
	for _, s := range p.table() {
		served[s.origin.catalog]++
	}
	for _, s := range p.order {
		if s.isCatalog() && s.member.listing != nil {
			s.member.listing.served = served[s.name]
		}
	}
}

// memberFor is the zone of a catalog's member: the one that another instance of the same server block has
// already, or a new one.
func (e *engine) memberFor(p *Plugin, s *served, saved restored) *member {
	id := p.identity(s)
	if m := e.find(id, p); m != nil && (m.origin == s.origin || !m.origin.fromCatalog()) {
		return m
	}
	m := e.create(id, s, p.keepers[s.config.persist], saved)
	if by := e.members[identity{nameInView{s.origin.catalog, p.view}, p.key}]; by != nil {
		m.since = by.since // readiness waits for a catalog with its members, and never again for those to come
	}
	return m
}
