package secondaryplus

import (
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/outgoing"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// identity is what makes a zone the same zone over a reload.
type identity struct {
	nameInView
	key string
}

type nameInView struct{ zone, view string }

// server tells the zones of several server blocks apart in metrics: the key of the block, with its view.
func (id identity) server() string { return corefile.Label(id.key, id.view) }

// member is a zone of the engine.
type member struct {
	id        identity // guarded by engine.mu
	zone      *refresh.Zone
	scheduler *refresh.Scheduler // that keeps the zone up to date
	alarm     *alarm             // beside it
	holders   holders            // guarded by engine.mu
	since     time.Time
	keeper    *keeper  // nil: not saved on disk; guarded by engine.mu
	origin    origin   // guarded by engine.mu
	listing   *listing // of a catalog zone; guarded by engine.mu
	saved     string   // the tag that it was restored with
	standing

	rarely

	savedSerial   atomic.Uint64 // what a restart would find, with savedMark
	journalErrors atomic.Uint64
	refreshes     [refresh.Expired + 1]atomic.Uint32
	transfers     [kinds]atomic.Uint32 // those that succeeded
	tellings      tellings
	nets          outgoing.Nets
	past          past
}

// create makes a zone that nobody had before, and begins to keep it up to date.
func (e *engine) create(id identity, s *served, k *keeper, saved restored) *member {
	if saved.zone == nil {
		saved.zone = refresh.NewZone(s.apex, s.refresh)
	}
	m := &member{
		id:        id,
		zone:      saved.zone,
		scheduler: e.scheduler,
		alarm:     e.alarm,
		since:     time.Now(),
		keeper:    k,
		origin:    s.origin,
		saved:     saved.tag,
	}
	m.savedSerial.Store(saved.serial)
	m.resort.Store(s.resort)
	m.tellings.targets = s.targets
	e.members[id] = m
	e.byName[id.nameInView] = append(e.byName[id.nameInView], m)
	e.byZone[m.zone] = m
	e.scheduler.Add(m.zone)
	return m
}

// lookup is the member of an identity. When only the server block's key has changed, it is the one zone of
// that name, unless another block of p's Corefile has that key, and with it that zone.
func (e *engine) lookup(id identity, p *Plugin) *member {
	if m, ok := e.members[id]; ok {
		return m
	}
	named := e.byName[id.nameInView]
	if len(named) != 1 || p.siblings.serve(named[0]) {
		return nil
	}
	return named[0]
}

// find is lookup, and has the member go by that identity from now on, unless the restart fails.
func (e *engine) find(id identity, p *Plugin) *member {
	m := e.lookup(id, p)
	if m != nil && m.id != id {
		p.renamed[m] = m.id
		e.rename(m, id)
	}
	return m
}

func (e *engine) rename(m *member, id identity) {
	delete(e.members, m.id)
	m.id = id
	e.members[id] = m
	e.alarm.renamed(m, id.server())
	m.keep()
}

// nameBack gives the members that are left the identities that they had before p attached; e.mu is held.
func (e *engine) nameBack(p *Plugin) {
	for m, id := range p.renamed {
		if e.byZone[m.zone] == m && e.members[id] == nil {
			e.rename(m, id)
		}
	}
}

// keepIn changes where the zone is kept on disk; nil: nowhere. What is saved in another directory stays there.
func (m *member) keepIn(k *keeper) {
	if k == m.keeper {
		return
	}
	if m.keeper != nil {
		m.keeper.leave(m)
	}
	m.keeper = k
	m.savedSerial.Store(0)
	m.keep()
}

// keep has the zone saved soon, if it is kept on disk.
func (m *member) keep() {
	if m.keeper != nil {
		m.keeper.save(m)
	}
}

// erase removes the files of zones that have ended for good: their catalogs do not list them any more (RFC 9432
// §5.3). Those of an identity that another zone has meanwhile are that one's. e.change is held.
func (e *engine) erase(ended []*member) {
	for _, m := range ended {
		e.mu.Lock()
		taken := e.members[m.id] != nil
		e.mu.Unlock()
		if taken {
			continue
		}
		if gate, ok := m.zone.Config().Gate.(refresh.Eraser); ok {
			gate.Erase(m.zone)
		}
		if m.keeper == nil {
			continue
		}
		if err := m.keeper.store.Remove(m.id.journal()); err != nil {
			log.Warningf("%s: its files in %s cannot be removed: %v", m.zone.Name(), m.keeper.dir, err)
		}
	}
}

// notify passes a NOTIFY on; false says that it leads to nothing, because its serial is being served.
func (m *member) notify(h refresh.Hint) bool { return m.scheduler.Notify(m.zone, h) }
