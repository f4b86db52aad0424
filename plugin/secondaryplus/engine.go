package secondaryplus

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// process is the one engine of the process: zones and the scheduler live here and outlive a reload. Plugin
// instances attach to it when they start and detach when they are shut down.
//
// On a reload the new instances attach before the old ones detach. They answer from the same zones at
// once, but what they configure is only staged: it is committed when the first of the old ones is shut
// down, and dropped when the restart fails instead.
var process = newEngine()

func newEngine() *engine {
	return &engine{
		members: make(map[identity]*member),
		byName:  make(map[nameInView][]*member),
		byZone:  make(map[*refresh.Zone]*member),
	}
}

type engine struct {
	// change is held while members come and go, also while one is waited for that ends; mu is taken inside it,
	// and only for a moment.
	change    sync.Mutex
	mu        sync.Mutex
	scheduler *refresh.Scheduler // nil while there are no members
	curator   *curator           // beside the scheduler
	members   map[identity]*member
	byName    map[nameInView][]*member
	byZone    map[*refresh.Zone]*member
	staged    []*Plugin
}

// identity is what makes a zone the same zone over a reload.
type identity struct {
	nameInView
	key string
}

type nameInView struct{ zone, view string }

// server tells the zones of several server blocks apart in metrics: the key of the block, with its view.
func (id identity) server() string {
	if id.view == "" {
		return id.key
	}
	return id.key + "/" + id.view
}

// member is a zone of the engine.
type member struct {
	id        identity // guarded by engine.mu
	zone      *refresh.Zone
	scheduler *refresh.Scheduler   // that keeps the zone up to date
	holders   map[*Plugin]struct{} // guarded by engine.mu
	since     time.Time
	origin    origin   // guarded by engine.mu
	listing   *listing // of a catalog zone; guarded by engine.mu

	refreshes         [refresh.Expired + 1]atomic.Uint64
	transfers         transferCounts
	notifies          [notifyResults]atomic.Uint64
	unansweredQueries atomic.Uint64
	unansweredTold    uint64 // of these, how many the log has told of; owned by the running refresh
	outcomes          repeats
	complaints        repeats
}

// attach gives p its zones: those that exist already, whoever made them, and new ones.
func (e *engine) attach(p *Plugin) {
	e.change.Lock()
	defer e.change.Unlock()
	e.join(p)
	e.enlist(p)
	e.mu.Lock()
	defer e.mu.Unlock()
	if p.transfer != nil {
		p.downward = newDownward(p.transfer)
	}
	if p.first {
		e.commit(p)
	} else {
		e.staged = append(e.staged, p)
	}
}

// join gives p the zones of its Corefile.
func (e *engine) join(p *Plugin) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.scheduler == nil {
		e.scheduler = refresh.NewScheduler(refresh.Options{Observe: e.observe})
		e.curator = newCurator(e.review)
	}
	for _, s := range p.order {
		id := p.identity(s)
		m := e.find(id, p)
		if m == nil {
			m = e.create(id, s)
		}
		s.member = m
		m.holders[p] = struct{}{}
	}
	p.attached = true
}

// create makes a zone that nobody had before, and begins to keep it up to date.
func (e *engine) create(id identity, s *served) *member {
	m := &member{
		id:        id,
		zone:      refresh.NewZone(s.apex, s.refresh),
		scheduler: e.scheduler,
		holders:   make(map[*Plugin]struct{}),
		since:     time.Now(),
	}
	e.members[id] = m
	e.byName[id.nameInView] = append(e.byName[id.nameInView], m)
	e.byZone[m.zone] = m
	e.scheduler.Add(m.zone)
	return m
}

// find is the member of an identity. When only the server block's key has changed, it is the one zone of
// that name, unless another block of p's Corefile has that key, and with it that zone.
func (e *engine) find(id identity, p *Plugin) *member {
	if m, ok := e.members[id]; ok {
		return m
	}
	named := e.byName[id.nameInView]
	if len(named) != 1 || p.siblings.serve(named[0]) {
		return nil
	}
	only := named[0]
	delete(e.members, only.id)
	only.id = id
	e.members[id] = only
	return only
}

// siblings are the instances of one Corefile.
type siblings struct{ plugins []*Plugin }

// serve says whether one of them has the zone, or the catalog that it comes from, under that very key.
func (s *siblings) serve(m *member) bool {
	return s != nil && slices.ContainsFunc(s.plugins, func(p *Plugin) bool {
		return p.key == m.id.key && (p.named(m.id.zone) || m.origin.fromCatalog() && p.named(m.origin.catalog))
	})
}

// commit makes what p configures count. A zone whose primaries are others now, or that was failing, is
// refreshed at once: what was changed may be what it waits for.
func (e *engine) commit(p *Plugin) {
	p.committed = true
	for _, s := range p.table() {
		s.commit()
	}
	p.countMembers()
}

func (s *served) commit() {
	m := s.member
	m.origin = s.origin
	if !s.isCatalog() {
		m.listing = nil
	}
	before := m.zone.Config()
	m.zone.Configure(s.refresh)
	if !samePrimaries(before, s.refresh) || m.zone.Lease().Failures > 0 {
		m.scheduler.Request(m.zone)
	}
}

func samePrimaries(a, b *refresh.Config) bool {
	return slices.EqualFunc(a.Primaries, b.Primaries, func(p, q xfr.Primary) bool {
		return p.Addr == q.Addr && sameKey(p.Key, q.Key)
	})
}

// abandon drops what is staged: the restart failed, and the old instances go on.
func (e *engine) abandon() {
	e.change.Lock()
	defer e.change.Unlock()
	e.mu.Lock()
	staged := e.staged
	e.staged = nil
	orphans := e.leave(staged...)
	e.mu.Unlock()
	e.end(staged, orphans)
}

// detach commits what is staged and ends p. Zones that nobody holds any more end with it.
func (e *engine) detach(p *Plugin) {
	scheduler, curator := e.depart(p)
	if scheduler != nil {
		curator.close()
		scheduler.Close()
	}
}

// depart does what detach does, but for ending what has nothing left to do: that must not be waited for while
// e.change is held.
func (e *engine) depart(p *Plugin) (idle *refresh.Scheduler, without *curator) {
	e.change.Lock()
	defer e.change.Unlock()
	e.mu.Lock()
	if !p.attached {
		e.mu.Unlock()
		return nil, nil
	}
	for _, next := range e.staged {
		if next != p {
			e.commit(next)
		}
	}
	e.staged = nil
	orphans := e.leave(p)
	if len(e.members) == 0 {
		idle, without = e.scheduler, e.curator
		e.scheduler, e.curator = nil, nil
	}
	e.mu.Unlock()
	e.end([]*Plugin{p}, orphans)
	return idle, without
}

// notify passes a NOTIFY on; false says that it leads to nothing, because its serial is being served.
func (m *member) notify(h refresh.Hint) bool { return m.scheduler.Notify(m.zone, h) }

// readyWait is how long a zone that was never loaded keeps the process from being ready: a primary that is
// down for good must not keep all other zones from being used.
const readyWait = 30 * time.Second

// ready says whether every zone of the process has data, or was waited for long enough.
func (e *engine) ready() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range e.members {
		if m.zone.Current() == nil && time.Since(m.since) < readyWait {
			return false
		}
	}
	return true
}

// all are the members with their present identities, in no order.
func (e *engine) all() map[identity]*member {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.members)
}

// current is the scheduler, nil when there are no zones.
func (e *engine) current() *refresh.Scheduler {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler
}
