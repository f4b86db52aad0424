package secondaryplus

import "slices"

// leave takes instances off their zones and returns the zones that are left without any.
func (e *engine) leave(plugins ...*Plugin) (orphans []*member) {
	for _, p := range plugins {
		p.attached = false
		for _, s := range p.table() {
			if e.release(s.member, p) {
				orphans = append(orphans, s.member)
			}
		}
	}
	return orphans
}

// release takes p off a zone, and says whether that was the last one that held it.
func (e *engine) release(m *member, p *Plugin) (orphaned bool) {
	delete(m.holders, p)
	if len(m.holders) > 0 {
		return false
	}
	e.forget(m)
	return true
}

func (e *engine) forget(m *member) {
	delete(e.byZone, m.zone)
	named := e.byName[m.id.nameInView]
	named = slices.DeleteFunc(named, func(o *member) bool { return o == m })
	if e.members[m.id] == m {
		delete(e.members, m.id)
		// A member that was to take the place of another one goes first when a restart fails.
		for _, o := range named {
			if o.id == m.id {
				e.members[o.id] = o
			}
		}
	}
	if len(named) == 0 {
		delete(e.byName, m.id.nameInView)
		return
	}
	e.byName[m.id.nameInView] = named
}

// end waits for what instances and zones have running; the engine must not be locked.
func (e *engine) end(plugins []*Plugin, orphans []*member) {
	for _, m := range orphans {
		m.scheduler.Remove(m.zone)
	}
	for _, p := range plugins {
		if p.downward != nil {
			p.downward.close()
		}
	}
}
