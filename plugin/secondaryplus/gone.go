package secondaryplus

import (
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/status"
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
}

// leave takes instances off their zones and state directories. What is left without any is gone.
func (e *engine) leave(plugins ...*Plugin) gone {
	g := gone{plugins: plugins}
	for _, p := range plugins {
		p.attached = false
		e.corefiles.remove(p)
		for _, s := range p.order {
			delete(s.member.holders, p)
			if len(s.member.holders) == 0 {
				e.forget(s.member)
				g.members = append(g.members, s.member)
			}
		}
		g.keepers = append(g.keepers, e.unhandKeepers(p)...)
	}
	return g
}

func (e *engine) forget(m *member) {
	delete(e.members, m.id)
	delete(e.byZone, m.zone)
	named := e.byName[m.id.nameInView]
	named = slices.DeleteFunc(named, func(o *member) bool { return o == m })
	if len(named) == 0 {
		delete(e.byName, m.id.nameInView)
		return
	}
	e.byName[m.id.nameInView] = named
}

// end waits for all that is still running; the engine must not be locked.
func (g gone) end() {
	for _, l := range g.listeners {
		l.Close()
	}
	for _, m := range g.members {
		m.end()
	}
	for _, p := range g.plugins {
		if p.downward != nil {
			p.downward.close()
		}
	}
	closeAll(g.keepers)
	if g.scheduler != nil {
		g.scheduler.Close()
		g.sender.Close()
	}
}
