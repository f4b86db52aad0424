package secondaryplus

import (
	"maps"
	"slices"
	"sync"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
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
	e := &engine{
		members:   make(map[identity]*member),
		byName:    make(map[nameInView][]*member),
		byZone:    make(map[*refresh.Zone]*member),
		keepers:   make(map[string]*keeper),
		corefiles: make(corefiles),
		runs:      (*siblings).running,
	}
	e.endpoint.source = statusSource{e}
	return e
}

type engine struct {
	mu        sync.Mutex
	scheduler *refresh.Scheduler // nil while there are no members
	sender    *notify.Sender     // beside the scheduler
	members   map[identity]*member
	byName    map[nameInView][]*member
	byZone    map[*refresh.Zone]*member
	staged    []*Plugin
	keepers   map[string]*keeper // by the state directory
	readiness readiness
	corefiles corefiles
	runs      func(*siblings) bool // whether a Corefile is one of CoreDNS's

	// Process-wide settings that count now.
	limits   transferLimits
	metrics  metricsMode
	endpoint endpoint
}

// attach gives p its zones: those that exist already, whoever made them, and new ones, as they were saved on
// disk. It fails, and changes nothing, when a state directory cannot be opened, or when the status cannot be
// where p wants it.
func (e *engine) attach(p *Plugin) error {
	e.bury(p.siblings)
	if err := e.openKeepers(p); err != nil {
		return err
	}
	if err := e.hold(p, e.restore(p, p.order)); err != nil {
		e.closeKeepers(p)
		return err
	}
	for _, s := range p.order {
		s.member.begin()
	}
	return nil
}

func (e *engine) hold(p *Plugin, saved map[*served]restored) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.endpoint.open(p.settings.status.value); err != nil {
		return err
	}
	if e.scheduler == nil {
		e.scheduler = refresh.NewScheduler(refresh.Options{Observe: e.observe})
		e.sender = notify.NewSender()
	}
	for _, s := range p.order {
		id := p.identity(s)
		m := e.find(id, p)
		if m == nil {
			m = e.create(id, s, saved[s])
			m.keeper = p.keepers[s.config.persist]
		}
		s.member = m
		m.holders[p] = struct{}{}
	}
	p.attached = true
	e.corefiles.add(p)
	if p.transfer != nil {
		p.downward = newDownward(p.transfer)
	}
	if p.first || e.corefiles.only(p.siblings) {
		e.commit(p)
	} else {
		e.staged = append(e.staged, p)
	}
	return nil
}

// siblings are the instances of one Corefile.
type siblings struct{ plugins []*Plugin }

// serve says whether one of them has the zone under that very key.
func (s *siblings) serve(id identity) bool {
	return s != nil && slices.ContainsFunc(s.plugins, func(p *Plugin) bool {
		return p.key == id.key && p.named(id.zone)
	})
}

// commit makes what p configures count. A zone whose primaries are others now, or that was failing, is
// refreshed at once: what was changed may be what it waits for.
func (e *engine) commit(p *Plugin) {
	e.apply(p.settings)
	for _, s := range p.order {
		z := s.member.zone
		before := z.Config()
		z.Configure(s.refresh)
		if k := p.keepers[s.config.persist]; k != s.member.keeper {
			s.member.keeper = k
			s.member.keep()
		}
		s.member.resort.Store(s.resort)
		e.retarget(s.member, s.targets)
		if !samePrimaries(before, s.refresh) || z.Lease().Failures > 0 {
			s.member.scheduler.Request(z)
		}
	}
}

func samePrimaries(a, b *refresh.Config) bool {
	return slices.EqualFunc(a.Primaries, b.Primaries, func(p, q xfr.Primary) bool {
		return p.Addr == q.Addr && sameKey(p.Key, q.Key) && p.TLS.Same(q.TLS)
	})
}

// abandon drops what is staged: the restart failed, and the old instances go on.
func (e *engine) abandon() {
	e.mu.Lock()
	gone := e.leave(e.staged...)
	e.staged = nil
	e.endpoint.drop()
	gone.listeners = e.endpoint.take()
	e.mu.Unlock()
	gone.end()
}

// detach commits what is staged and ends p. Zones that nobody holds any more end with it.
func (e *engine) detach(p *Plugin) {
	e.mu.Lock()
	if !p.attached {
		e.mu.Unlock()
		return
	}
	for _, next := range e.staged {
		if next != p {
			e.commit(next)
		}
	}
	e.staged = nil
	gone := e.leave(p)
	if len(e.members) == 0 {
		gone.scheduler, e.scheduler = e.scheduler, nil
		gone.sender, e.sender = e.sender, nil
		e.endpoint.end()
	}
	gone.listeners = e.endpoint.take()
	e.mu.Unlock()
	gone.end()
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
