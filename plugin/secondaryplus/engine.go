package secondaryplus

import (
	"fmt"
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
		crowd:     newCrowd(),
		runs:      (*siblings).running,
	}
	e.endpoint.source = statusSource{e}
	return e
}

type engine struct {
	// change is held while members come and go, also while one is waited for that ends; mu is taken inside it,
	// and only for a moment.
	change    sync.Mutex
	mu        sync.Mutex
	scheduler *refresh.Scheduler // nil while there are no members
	sender    *notify.Sender     // beside the scheduler
	curator   *curator           // likewise
	alarm     *alarm             // likewise
	members   map[identity]*member
	byName    map[nameInView][]*member
	byZone    map[*refresh.Zone]*member
	staged    []*Plugin
	keepers   map[string]*keeper // by the state directory
	readiness readiness
	corefiles corefiles
	crowd     *crowd
	runs      func(*siblings) bool // whether a Corefile is one of CoreDNS's
	kept      xfr.Pool             // connections to primaries; a reload hands them over

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
	e.change.Lock()
	defer e.change.Unlock()
	if err := e.openKeepers(p); err != nil {
		return err
	}
	if err := e.join(p, e.restore(p, p.order)); err != nil {
		e.closeKeepers(p)
		return err
	}
	e.enlist(p)
	e.begin(p)
	for _, s := range p.table() {
		s.member.begin()
		e.alarm.begun(s.member, p.identity(s).server())
	}
	return nil
}

// join gives p the zones of its Corefile.
func (e *engine) join(p *Plugin, saved map[*served]restored) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.endpoint.open(p.settings.status.value); err != nil {
		return fmt.Errorf("%s - status: %w", p.settings.status.where, err)
	}
	if e.scheduler == nil {
		e.scheduler = refresh.NewScheduler(refresh.Options{Observe: e.observe})
		e.sender = notify.NewSender()
		e.curator = newCurator(e.review)
		e.alarm = newAlarm()
	}
	for _, s := range p.order {
		id := p.identity(s)
		m := e.find(id, p)
		if m == nil {
			m = e.create(id, s, p.keepers[s.config.persist], saved[s])
		}
		s.member = m
		m.holders.add(p)
	}
	p.attached = true
	e.corefiles.add(p)
	return nil
}

// begin commits what p configures, or stages it.
func (e *engine) begin(p *Plugin) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p.transfer != nil {
		p.downward = newDownward(p.transfer)
	}
	if e.corefiles.only(p.siblings) {
		e.commit(p)
	} else {
		e.staged = append(e.staged, p)
	}
}

// commit makes what p configures count.
func (e *engine) commit(p *Plugin) {
	e.apply(p.settings)
	p.committed = true
	for _, s := range p.table() {
		e.commitZone(p, s)
	}
	clear(p.renamed)
	p.countMembers()
}

// commitZone makes the configuration of one zone count. If its primaries are others now, if it was failing, or if
// something of it is held, it is refreshed at once: what was changed may be what it waits for. So it is when it goes by
// another name, which its gate has alerts under.
func (e *engine) commitZone(p *Plugin, s *served) {
	m := s.member
	if m.origin != s.origin || m.listing != nil && !s.isCatalog() {
		m.keep() // with another tag
	}
	m.origin = s.origin
	if !s.isCatalog() {
		m.listing, m.saved = nil, ""
	}
	before := m.zone.Config()
	m.zone.Configure(s.refresh)
	m.keepIn(p.keepers[s.config.persist])
	m.resort.Store(s.resort)
	e.retarget(m, s.targets)
	_, renamed := p.renamed[m]
	renamed = renamed && s.refresh.Gate != nil
	if renamed || !samePrimaries(before, s.refresh) || m.zone.Lease().Failures > 0 || m.zone.Held() != nil {
		m.scheduler.Request(m.zone)
	}
}

func samePrimaries(a, b *refresh.Config) bool {
	return slices.EqualFunc(a.Primaries, b.Primaries, func(p, q xfr.Primary) bool {
		return p.Addr == q.Addr && sameKey(p.Key, q.Key) && p.TLS.Same(q.TLS)
	})
}

// abandon drops what is staged: the restart failed, and the old instances go on.
func (e *engine) abandon() { e.dropStaged().shut() }

func (e *engine) dropStaged() gone {
	e.change.Lock()
	defer e.change.Unlock()
	e.mu.Lock()
	g := e.leave(e.staged...)
	for _, p := range e.staged {
		e.nameBack(p)
	}
	e.staged = nil
	e.unlist()
	e.endpoint.drop()
	g.listeners = e.endpoint.take()
	e.mu.Unlock()
	g.end()
	return g
}

// detach commits what is staged and ends p. Zones that nobody holds any more end with it.
func (e *engine) detach(p *Plugin) { e.depart(p).shut() }

// depart does what detach does, but for ending what must not be waited for while e.change is held.
func (e *engine) depart(p *Plugin) gone {
	e.change.Lock()
	defer e.change.Unlock()
	e.mu.Lock()
	if !p.attached {
		e.mu.Unlock()
		return gone{}
	}
	for _, next := range e.staged {
		if next != p {
			e.commit(next)
		}
	}
	e.staged = nil
	g := e.leave(p)
	if len(e.members) == 0 {
		g.scheduler, g.sender, g.curator, g.alarm, g.kept = e.scheduler, e.sender, e.curator, e.alarm, &e.kept
		e.scheduler, e.sender, e.curator, e.alarm = nil, nil, nil, nil
		e.endpoint.end()
	}
	g.listeners = e.endpoint.take()
	e.mu.Unlock()
	g.end()
	return g
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
