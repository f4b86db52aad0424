package refresh

import (
	"container/list"
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Options are what a Scheduler takes from outside. All have defaults.
type Options struct {
	// Observe is called with every outcome: one at a time a zone, and in order. The zone is published by
	// then, and its refresh does not end before Observe returns. It must not call Close, nor Remove for its
	// own zone.
	Observe func(*Zone, Outcome)
	// Running bounds the refreshes that ask primaries for their SOA at a time. Transfers and PerPrimary
	// bound the transfers, in total and from one address.
	Running, Transfers, PerPrimary int
	Jitter                         func() float64 // between 0 and 1
}

// Defaults of Options.
const (
	defaultRunning    = 256
	defaultTransfers  = 10
	defaultPerPrimary = 2
)

// Scheduler runs the refreshes of all zones.
type Scheduler struct {
	opts   Options
	places *places
	slots  *slots
	reach  *reach

	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{}
	done   sync.WaitGroup // the dispatcher, every running refresh, every call of Observe

	mu        sync.Mutex
	zones     timeline
	urgent    line      // of turn: asked for by NOTIFY or on request
	unserved  list.List // of turn: a timer ran out of a zone that is not served
	timed     list.List // of turn: a timer ran out of one that is
	pace      pace      // of timed
	overtaken bool      // a timed one came before the urgent ones in the last turn
	running   int
}

// NewScheduler starts a Scheduler without zones. Close ends it.
func NewScheduler(o Options) *Scheduler {
	if o.Observe == nil {
		o.Observe = func(*Zone, Outcome) {}
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	orDefault(&o.Running, defaultRunning)
	orDefault(&o.Transfers, defaultTransfers)
	orDefault(&o.PerPrimary, defaultPerPrimary)
	s := &Scheduler{opts: o, reach: newReach(), wake: make(chan struct{}, 1)}
	s.places, s.slots = newPlaces(o.Running, s.poke), newSlots(o.Transfers, o.PerPrimary, s.poke)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.done.Go(s.dispatch)
	return s
}

func orDefault(n *int, d int) {
	if *n <= 0 {
		*n = d
	}
}

// Close stops every refresh and waits until all have ended. What was stopped is no failure: leases stay as
// they are.
func (s *Scheduler) Close() {
	s.cancel()
	s.done.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := s.slots.waiting(); w != nil; w = s.slots.waiting() {
		s.abandon(w)
	}
}

// abandon ends a refresh that waits for a slot.
func (s *Scheduler) abandon(w *slotWait) {
	s.slots.withdraw(w)
	w.cycle.request.end(nil)
	e := &w.cycle.zone.entry
	e.wait, e.state = nil, waiting
	s.running--
}

// Add begins to keep a zone up to date; it is due at once, or when its lease says. A zone that is there
// already is left as it is. One that was removed may come back when Remove has returned.
func (s *Scheduler) Add(z *Zone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if z.entry.added {
		return
	}
	z.entry = entry{added: true, index: -1, told: z.entry.told}
	s.place(z)
	s.poke()
}

// Remove ends a zone. When it returns no refresh of it runs any more, and Observe is not called for it.
func (s *Scheduler) Remove(z *Zone) {
	s.mu.Lock()
	e := &z.entry
	e.added = false
	s.place(z)
	s.dequeue(z)
	if e.request != nil {
		e.request.end(nil)
		e.request = nil
	}
	var idle chan struct{}
	switch {
	case e.wait != nil:
		s.abandon(e.wait)
	case e.state == running:
		if e.stop(); e.idle == nil {
			e.idle = make(chan struct{})
		}
		idle = e.idle
	default:
		e.state = waiting
	}
	s.mu.Unlock()
	if idle != nil {
		<-idle
	}
	s.mu.Lock()
	told := e.told
	s.mu.Unlock()
	if told != nil {
		<-told
	}
}

// Notify asks for a refresh because of a NOTIFY. It returns at once, and says false when the hint is the
// serial that is served already: that is the one thing a hint may decide (RFC 1996 §3.7).
func (s *Scheduler) Notify(z *Zone, h Hint) bool {
	s.reach.heardFrom(z.Config(), h.From)
	if h.HasSerial && z.serves(h.Serial) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ask(z, request{reason: Notified, hint: h})
	return true
}

func (s *Scheduler) ask(z *Zone, r request) {
	e := &z.entry
	if !e.added {
		r.end(nil)
		return
	}
	if e.request == nil {
		e.request = new(request)
	}
	e.request.merge(r)
	switch e.state {
	case running:
		e.queued = true
		if e.spare != nil {
			e.spare() // somebody waits for what comes after it
		}
		if e.wait != nil {
			s.slots.hurry(e.wait)
		}
		return // finished goes on with it
	case ready:
		if e.queue == &s.urgent.List {
			return
		}
		s.makeReady(z, &s.urgent.List)
	case waiting:
		if r.reason == Notified && time.Now().Before(e.held) {
			s.bringForward(z, e.held)
			break
		}
		s.makeReady(z, &s.urgent.List)
	}
	s.poke()
}

// Limit changes how many transfers may run at a time, in total and from one address. Those that run already
// go on.
func (s *Scheduler) Limit(transfers, perPrimary int) { s.slots.resize(transfers, perPrimary) }

// poke wakes the dispatcher.
func (s *Scheduler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Counts are the refreshes that run, those that wait for a place to begin, and the transfers in progress.
func (s *Scheduler) Counts() (running, ready, transfers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running, s.urgent.Len() + s.timed.Len() + s.unserved.Len(), s.slots.inUse()
}
