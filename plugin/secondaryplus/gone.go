package secondaryplus

import (
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/status"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// gone is what the engine has let go of, and what is yet to be ended: that takes time, and what ends may need
// the engine meanwhile.
type gone struct {
	plugins   []*Plugin
	members   []*member
	keepers   []*keeper
	listeners []*status.Server
	scheduler *refresh.Scheduler
	sender    *notify.Sender
	curator   *curator
	alarm     *alarm
	kept      *xfr.Pool
}

// leave takes instances off their zones and state directories. What is left without any is gone.
func (e *engine) leave(plugins ...*Plugin) gone {
	g := gone{plugins: plugins}
	for _, p := range plugins {
		p.attached = false
		e.corefiles.remove(p)
		for _, s := range p.table() {
			if e.release(s.member, p) {
				g.members = append(g.members, s.member)
			}
		}
		g.keepers = append(g.keepers, e.unhandKeepers(p)...)
	}
	return g
}

// release takes p off a zone, and says whether that was the last one that held it.
func (e *engine) release(m *member, p *Plugin) (orphaned bool) {
	m.holders.remove(p)
	if len(m.holders) > 0 {
		return false
	}
	e.forget(m)
	return true
}

func (e *engine) forget(m *member) {
	delete(e.byZone, m.zone)
	e.alarm.gone(m)
	named := e.byName[m.id.nameInView]
	named = slices.DeleteFunc(named, func(o *member) bool { return o == m })
	if e.members[m.id] == m {
		delete(e.members, m.id)
		// A member that was to take the place of another one goes first when a restart fails.
		for _, o := range named {
			if o.id == m.id {
				e.members[o.id] = o
				o.keep() // the files are those of m
			}
		}
	}
	if len(named) == 0 {
		delete(e.byName, m.id.nameInView)
		return
	}
	e.byName[m.id.nameInView] = named
}

// end waits for what instances and zones have running, and until the zones are saved. The engine must not be locked,
// but for e.change.
func (g gone) end() {
	kept := map[*keeper][]*member{}
	for _, m := range g.members {
		m.scheduler.Remove(m.zone)
		m.alarm.gone(m) // an outcome may have been on its way
		if m.keeper != nil {
			kept[m.keeper] = append(kept[m.keeper], m)
		}
	}
	for k, list := range kept {
		k.flush(list)
	}
	for _, m := range g.members {
		m.zone.End()
	}
	for _, p := range g.plugins {
		if p.downward != nil {
			p.downward.close()
		}
	}
	closeAll(g.keepers)
}

// shut waits for what may itself wait for e.change.
func (g gone) shut() {
	for _, l := range g.listeners {
		l.Close()
	}
	if g.scheduler != nil {
		g.curator.close()
		g.alarm.close()
		g.scheduler.Close()
		g.kept.CloseIdle()
		g.sender.Close()
	}
}
