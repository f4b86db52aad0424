package prober

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

// Watch is somebody's interest in a target.
type Watch struct {
	User    string // who is interested, such as "pool www.example.org."; with Check.Key it identifies the watch
	Subject string // what an operator's order is about, whatever is checked, and for whom; empty: the watch
	Check   Check
	Params  health.Params
	Canary  bool // what it says of its target is of no interest but for health.Isolation
	// Tell is called after each probe, and when anything else has changed the phase or the override. nil: nobody is to
	// know. See Options on what it may do.
	Tell func(Update)
}

// Update is what became of a watch.
type Update struct {
	User   string
	Key    Key
	State  health.State
	Effect health.Effect
	Result *Result // of the probe; nil: it was something else
}

// Options are what a Prober takes from outside. All have defaults. The functions, and those of watches, are called one at
// a time, in the order in which things happened, by the goroutine that starts all probes: they must be quick. They may
// call any method but Close.
type Options struct {
	Workers  int                                       // probes at a time; 0: 64
	Observe  func(k Key, r Result, took time.Duration) // after each probe, however many watch
	Isolated func(i health.Isolation, frozen bool)     // when transitions are frozen, and when they are no longer
	Chance   func() float64                            // between -1 and 1
}

const defaultWorkers = 64

// Prober looks after targets. Its methods may be called by anybody at any time, and only Close waits.
type Prober struct {
	opts   Options
	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{}
	done   sync.WaitGroup // the loop, and the probes
	run    func(c Check, timeout time.Duration, finish func(Result))

	connector connector // the loop's own

	mu       sync.Mutex
	machines map[machineID]*machine
	targets  map[Key]*target
	byAddr   map[netip.AddrPort][]*target
	parked   map[machineID]parked // of what is not watched now: it was restored, or may come back

	due           timeline
	prompt        list.List // of *target: due, in the order in which they became so
	silent        list.List // the same, of those of which nothing is heard
	running       int
	runningSilent int
	patience      time.Duration // with results
	connects      []task        // for the connector

	isolation health.Isolation
	frozen    bool // as was told
	apart     time.Duration
	heard     tally    // targets of which the last probe heard something, or that were not probed
	all       tally    // all those that are reached over the network
	updates   []func() // to be told
	urgent    bool     // now
}

type machineID struct {
	user string
	key  Key
}

// parked is what is known of a watch that is not there.
type parked struct {
	subject string
	state   health.State
}

// machine is a watch, and what it knows.
type machine struct {
	Watch
	state health.State
}

// New starts a Prober that watches nothing. Close ends it.
func New(o Options) *Prober {
	p := newProber(o)
	p.done.Go(p.loop)
	return p
}

func newProber(o Options) *Prober {
	if o.Workers <= 0 {
		o.Workers = defaultWorkers
	}
	if o.Observe == nil {
		o.Observe = func(Key, Result, time.Duration) {}
	}
	if o.Isolated == nil {
		o.Isolated = func(health.Isolation, bool) {}
	}
	if o.Chance == nil {
		o.Chance = func() float64 { return rand.Float64()*2 - 1 }
	}
	p := &Prober{
		opts:     o,
		wake:     make(chan struct{}, 1),
		machines: make(map[machineID]*machine),
		targets:  make(map[Key]*target),
		byAddr:   make(map[netip.AddrPort][]*target),
		parked:   make(map[machineID]parked),
	}
	p.run = p.launch
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Close stops all probes and waits until they have ended. What was stopped says nothing about a target: Save gives the
// states as they were.
func (p *Prober) Close() {
	p.cancel()
	p.done.Wait()
}

// ErrWatch says that a set of watches makes no sense.
var ErrWatch = errors.New("bad watch")

func validate(set []Watch) error {
	seen := make(map[machineID]bool)
	for _, w := range set {
		if w.Check == nil {
			return fmt.Errorf("%w: %s has no check", ErrWatch, w.User)
		}
		id := machineID{w.User, w.Check.Key()}
		if err := w.Params.Validate(); err != nil {
			return fmt.Errorf("%w: %s: %s: %w", ErrWatch, id.user, id.key, err)
		}
		if seen[id] {
			return fmt.Errorf("%w: %s watches %s twice", ErrWatch, id.user, id.key)
		}
		seen[id] = true
	}
	return nil
}

// Report tells what somebody else has seen of an address: health.Evidence, TimedOut or Answered. It may lead to a probe
// of whatever is watched there, soon.
func (p *Prober) Report(addr netip.AddrPort, e health.Event) {
	if e.Kind != health.Evidence && e.Kind != health.TimedOut && e.Kind != health.Answered {
		return
	}
	p.change(func(now time.Time) {
		for _, t := range p.byAddr[addr] {
			for _, m := range t.machines {
				p.step(m, e, nil, now)
			}
			p.plan(t)
		}
	})
}

// Order forces something upon a watch, or ends that. It returns false if there is no such watch. It counts even while
// transitions are frozen, and it is saved.
func (p *Prober) Order(user string, k Key, o health.Override) (ok bool) {
	p.change(func(now time.Time) {
		m := p.machines[machineID{user, k}]
		if ok = m != nil; ok {
			p.step(m, health.Event{Kind: health.Ordered, Override: o}, nil, now)
			p.parkOrder(m.Subject, o)
		}
	})
	return ok
}

// change calls f with p.mu held, and has the loop do what follows from it.
func (p *Prober) change(f func(now time.Time)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(time.Now())
	p.poke()
}

// poke wakes the loop.
func (p *Prober) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Isolation is the suspicion that we are cut off, and whether it freezes transitions.
func (p *Prober) Isolation() (i health.Isolation, frozen bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.isolation, p.isolation.Frozen(time.Now())
}

// Settled says that every target that is watched has been probed at least once by this Prober.
func (p *Prober) Settled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.targets {
		if !t.probed && len(t.machines) > 0 {
			return false
		}
	}
	return true
}

// State is the health of what is watched; ok is false if it is not.
func (p *Prober) State(user string, k Key) (s health.State, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.machines[machineID{user, k}]; m != nil {
		return m.state, true
	}
	return health.State{}, false
}
