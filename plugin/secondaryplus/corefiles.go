package secondaryplus

import "slices"

// corefiles are the instances that are attached, by their Corefile; engine.mu guards it. There are at most two
// of them, the second while a reload is under way, and perhaps one whose start failed.
type corefiles map[*siblings][]*Plugin

func (c corefiles) add(p *Plugin) { c[p.siblings] = append(c[p.siblings], p) }

func (c corefiles) remove(p *Plugin) {
	c[p.siblings] = slices.DeleteFunc(c[p.siblings], func(q *Plugin) bool { return q == p })
	if len(c[p.siblings]) == 0 {
		delete(c, p.siblings)
	}
}

// only says that all instances are of one Corefile, of which one is attached. So none will be shut down that had been before them, and what
// they configure counts at once.
func (c corefiles) only(s *siblings) bool {
	_, own := c[s]
	return len(c) == 1 && own
}

// bury detaches what is left of Corefiles whose start failed. Nobody told us when there was no instance of ours
// before them: CoreDNS tells only the old instances that a restart has failed.
func (e *engine) bury(next *siblings) {
	e.mu.Lock()
	var dead []*Plugin
	for s, plugins := range e.corefiles {
		if s != next && !e.runs(s) {
			dead = append(dead, plugins...)
		}
	}
	e.mu.Unlock()
	for _, p := range dead {
		e.detach(p)
	}
}
