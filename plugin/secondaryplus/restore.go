package secondaryplus

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/journal"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// openKeepers opens the state directories of p's stanzas, those that are not open yet. On an error none is
// left open that was not before. e.change is held; e.mu is not while the disk is waited for.
func (e *engine) openKeepers(p *Plugin) error {
	for _, s := range p.order {
		dir := s.config.persist
		if dir == "" || p.keepers[dir] != nil {
			continue
		}
		if err := e.handKeeper(p, dir); err != nil {
			e.closeKeepers(p)
			return fmt.Errorf("persist: %w", err)
		}
	}
	return nil
}

// closeKeepers undoes openKeepers.
func (e *engine) closeKeepers(p *Plugin) {
	e.mu.Lock()
	unused := e.unhandKeepers(p)
	e.mu.Unlock()
	closeAll(unused)
}

func (e *engine) handKeeper(p *Plugin, dir string) (err error) {
	e.mu.Lock()
	k := e.keepers[dir]
	e.mu.Unlock()
	if k == nil {
		if k, err = openKeeper(dir, e.label); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keepers[dir] = k
	k.users++
	p.keepers[dir] = k
	return nil
}

// unhandKeepers takes p off its state directories, and returns those that nobody uses any more.
func (e *engine) unhandKeepers(p *Plugin) (unused []*keeper) {
	for dir, k := range p.keepers {
		delete(p.keepers, dir)
		if k.users--; k.users == 0 {
			delete(e.keepers, dir)
			unused = append(unused, k)
		}
	}
	return unused
}

// closeAll ends keepers; the engine must not be locked, for they ask it for the names of zones.
func closeAll(unused []*keeper) {
	for _, k := range unused {
		k.close()
	}
}

// label is a labeller. While a reload is under way, two members may go by one identity: the files are those of the
// one that is to stay.
func (e *engine) label(m *member, v *zone.Version) (id journal.ID, tag string, ok bool) {
	e.mu.Lock()
	by := e.members[m.id]
	id, text := m.id.journal(), m.tag(v)
	e.mu.Unlock()
	return id, text(), by == nil || by == m
}

// tag makes what a zone's files remember of its catalog: those of a member, where it comes from; those of a catalog
// zone, its members, as long as the version alone does not tell them. e.mu is held, and is not to be when the tag is
// made: there may be very many members.
func (m *member) tag(v *zone.Version) func() string {
	switch l := m.listing; {
	case m.origin.fromCatalog():
		return m.origin.tag
	case l != nil && (l.read != v || l.broken != nil || l.members.Held() > 0):
		return l.members.Encode
	}
	return func() string { return "" }
}

func (id identity) journal() journal.ID {
	return journal.ID{Zone: id.zone, View: id.view, Key: id.key}
}

// A restored zone has been read from disk and waits to be taken into the engine.
type restored struct {
	zone   *refresh.Zone
	serial uint64 // with savedMark
	tag    string // see member.tag
}

// restore reads the saved zones among those that the engine does not have yet. It reads several at a time, and
// tells once what it found. The engine must not be locked.
func (e *engine) restore(p *Plugin, list []*served) map[*served]restored {
	begun := time.Now()
	wanted := e.unknown(p, list)
	found := make(map[*served]restored)
	var mu sync.Mutex
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(wanted)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(wanted)); i = next.Add(1) - 1 {
				s := wanted[i]
				if zone, ok := p.load(s, begun); ok {
					mu.Lock()
					found[s] = zone
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	if len(found) > 0 {
		expired := 0
		for _, r := range found {
			if r.zone.Expired() {
				expired++
			}
		}
		log.Infof("%d of %d zones restored from disk in %s, %d of them expired",
			len(found), len(wanted), time.Since(begun).Round(time.Millisecond), expired)
	}
	return found
}

// unknown are those of the zones that are saved and not in the engine.
func (e *engine) unknown(p *Plugin, list []*served) (wanted []*served) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range list {
		if s.config.persist != "" && e.lookup(p.identity(s), p) == nil {
			wanted = append(wanted, s)
		}
	}
	return wanted
}

// continues says whether what was saved with the tag is the same zone: see claim.continues.
func (s *served) continues(tag string) bool {
	switch tag {
	case "", s.origin.tag():
		return true
	}
	return !s.origin.fromCatalog() || s.heir != "" && tag == origin{s.heir, s.origin.id}.tag()
}

// load reads one zone. What is wrong with its files is told, and harms no other zone.
func (p *Plugin) load(s *served, now time.Time) (restored, bool) {
	k := p.keepers[s.config.persist]
	for _, q := range p.siblings.besides(p, s) {
		k.store.Reserve(q.identity(s).journal()) // it may start after us
	}
	saved, recovery, err := k.store.Load(p.identity(s).journal())
	switch {
	case errors.Is(err, journal.ErrNone):
		return restored{}, false
	case err != nil:
		log.Errorf("%s: what is saved in %s is not usable: %v", s.name, k.dir, err)
		return restored{}, false
	}
	if recovery.Reason != nil {
		log.Warningf("%s: of what is saved in %s, %d octets are not usable: %v; serial %s is restored", s.name, k.dir, recovery.Octets, recovery.Reason, recovery.Serial)
	}
	if !s.continues(saved.Tag) {
		// The catalog lists another zone of that name now (RFC 9432 §5.4).
		if err := k.store.Remove(p.identity(s).journal()); err != nil {
			log.Warningf("%s: what is saved in %s of the zone that had this name cannot be removed: %v", s.name, k.dir, err)
		}
		return restored{}, false
	}
	zone := refresh.NewZone(s.apex, s.refresh)
	zone.Restore(refresh.State{
		Published: saved.Published,
		Lease:     timers.Timers{Refreshed: saved.Refreshed, Expire: saved.Expire},
		Source:    saved.Source, Pin: saved.Pin,
		HeldSince: saved.HeldSince, HeldStill: saved.HeldStill, HeldHash: saved.HeldHash,
	}, now)
	return restored{zone, savedMark | uint64(saved.Version.Serial()), saved.Tag}, true
}
