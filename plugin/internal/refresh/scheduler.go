package refresh

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Options are what a Scheduler takes from outside. All have defaults.
type Options struct {
	// Observe is called with every outcome, from the refresh's goroutine; the zone is published by then.
	Observe func(*Zone, Outcome)
	// Running bounds the refreshes that run at a time; Transfers and PerPrimary bound the transfers among
	// them, in total and from one address.
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
	opts  Options
	slots *slots

	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{}
	done   sync.WaitGroup // the dispatcher and every running refresh

	mu      sync.Mutex
	zones   timeline
	urgent  []*Zone // ready, asked for by NOTIFY or on request
	timed   []*Zone // ready, because a timer ran out
	running int
}

// entry is the Scheduler's part of a Zone, guarded by Scheduler.mu.
type entry struct {
	index   int // in the timeline, -1: not there
	at      time.Time
	state   entryState
	request request            // what the next refresh is for
	queued  bool               // while running: another refresh is wanted
	held    time.Time          // before this a NOTIFY starts nothing
	stop    context.CancelFunc // of the running refresh
	removed bool
	idle    chan struct{} // closed when a removed zone's refresh has ended
}

type entryState uint8

const (
	waiting entryState = iota
	ready
	running
)

type request struct {
	reason Reason
	hint   Hint
}

// merge keeps the more urgent reason and the latest hint.
func (r *request) merge(o request) {
	if o.reason >= r.reason {
		*r = o
	}
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
	s := &Scheduler{opts: o, slots: newSlots(o.Transfers, o.PerPrimary), wake: make(chan struct{}, 1)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.done.Go(s.dispatch)
	return s
}

func orDefault(n *int, d int) {
	if *n == 0 {
		*n = d
	}
}

// Close stops every refresh and waits until all have ended.
func (s *Scheduler) Close() {
	s.cancel()
	s.done.Wait()
}

// Add begins to keep a zone up to date; it is due at once.
func (s *Scheduler) Add(z *Zone) {
	s.mu.Lock()
	z.entry = entry{index: -1, at: time.Now()}
	heap.Push(&s.zones, z)
	s.mu.Unlock()
	s.poke()
}

// Remove ends a zone. When it returns no refresh of it runs any more.
func (s *Scheduler) Remove(z *Zone) {
	s.mu.Lock()
	e := &z.entry
	e.removed = true
	if e.index >= 0 {
		heap.Remove(&s.zones, e.index)
	}
	var idle chan struct{}
	if e.state == running {
		e.idle = make(chan struct{})
		idle = e.idle
		e.stop()
	}
	s.mu.Unlock()
	if idle != nil {
		<-idle
	}
}

// Notify asks for a refresh because of a NOTIFY. It returns at once, and says false when the hint is the
// serial that is served already: that is the one thing a hint may decide (RFC 1996 §3.7).
func (s *Scheduler) Notify(z *Zone, h Hint) bool {
	if v := z.Current(); v != nil && h.HasSerial && h.Serial == v.Serial() && !z.Expired() && !s.isRunning(z) {
		return false
	}
	s.ask(z, request{Notified, h})
	return true
}

// Request asks for a refresh now, on behalf of the operator. It returns at once.
func (s *Scheduler) Request(z *Zone) { s.ask(z, request{reason: Requested}) }

func (s *Scheduler) isRunning(z *Zone) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return z.entry.state == running
}

func (s *Scheduler) ask(z *Zone, r request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &z.entry
	if e.removed {
		return
	}
	e.request.merge(r)
	switch e.state {
	case running:
		e.queued = true
	case ready:
		s.urgent = append(s.urgent, z) // it may stand in timed too; whoever comes second finds it running
	case waiting:
		if r.reason == Notified && time.Now().Before(e.held) {
			s.bringForward(z, e.held)
			break
		}
		s.makeReady(z, &s.urgent)
	}
	s.poke()
}

// bringForward makes a waiting zone due at the given moment, if it is not due before.
func (s *Scheduler) bringForward(z *Zone, at time.Time) {
	if lease := z.Lease(); at.Before(lease.Due) {
		lease.Due = at
		z.lease.Store(&lease)
	}
	s.place(z)
}

func (s *Scheduler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Counts are the refreshes that run and those that wait for a place.
func (s *Scheduler) Counts() (running, ready, transfers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running, len(s.urgent) + len(s.timed), s.slots.inUse()
}

func (s *Scheduler) dispatch() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if wait, ok := s.turn(); ok {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.ctx.Done():
			return
		}
	}
}

// turn starts all that can be started, and says how long nothing else will be due.
func (s *Scheduler) turn() (wait time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for len(s.zones) > 0 && !s.zones[0].entry.at.After(now) {
		s.reached(s.zones[0], now)
	}
	for s.running < s.opts.Running {
		z := s.pop()
		if z == nil {
			break
		}
		s.start(z)
	}
	if len(s.zones) == 0 {
		return 0, false
	}
	return s.zones[0].entry.at.Sub(now), true
}

// reached deals with a zone whose moment has come: the end of its lease, or a refresh, or both.
func (s *Scheduler) reached(z *Zone, now time.Time) {
	lease := z.Lease()
	if lease.Expired(now) && !z.expired.Swap(true) {
		o := Outcome{Result: Expired, Had: true, Old: z.Current().Serial(), New: z.Current().Serial(), Failures: lease.Failures, Next: lease.Due}
		s.done.Go(func() { s.opts.Observe(z, o) })
	}
	if z.entry.state == waiting && !lease.Due.After(now) {
		s.makeReady(z, &s.timed)
		return
	}
	s.place(z)
}

func (s *Scheduler) makeReady(z *Zone, queue *[]*Zone) {
	z.entry.state = ready
	*queue = append(*queue, z)
	s.place(z)
}

// place puts the zone where its next moment is: the end of the lease, and the next refresh unless one is
// on its way.
func (s *Scheduler) place(z *Zone) {
	e, lease := &z.entry, z.Lease()
	at, ok := time.Time{}, false
	if !lease.Expire.IsZero() && !z.Expired() {
		at, ok = lease.Expire, true
	}
	if e.state == waiting && (!ok || lease.Due.Before(at)) {
		at, ok = lease.Due, true
	}
	switch {
	case !ok || e.removed:
		if e.index >= 0 {
			heap.Remove(&s.zones, e.index)
		}
	case e.index >= 0:
		e.at = at
		heap.Fix(&s.zones, e.index)
	default:
		e.at = at
		heap.Push(&s.zones, z)
	}
}

// pop takes the next zone that is still ready: those that somebody asked for come first.
func (s *Scheduler) pop() *Zone {
	for _, queue := range []*[]*Zone{&s.urgent, &s.timed} {
		for len(*queue) > 0 {
			z := (*queue)[0]
			(*queue)[0] = nil
			*queue = (*queue)[1:]
			if z.entry.state == ready && !z.entry.removed {
				return z
			}
		}
	}
	return nil
}

func (s *Scheduler) start(z *Zone) {
	r := z.entry.request
	z.entry.request = request{}
	z.entry.state, z.entry.queued = running, false
	s.running++
	ctx, stop := context.WithCancel(s.ctx)
	z.entry.stop = stop
	s.done.Go(func() {
		defer stop()
		o := s.cycle(ctx, z, r)
		if ctx.Err() == nil {
			s.opts.Observe(z, o)
		}
		s.finished(z)
	})
}

func (s *Scheduler) finished(z *Zone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	e := &z.entry
	e.state = waiting
	switch {
	case e.removed:
		if e.idle != nil {
			close(e.idle)
		}
	case e.queued && e.request.reason == Notified && s.hold(z):
		s.bringForward(z, e.held)
	case e.queued:
		s.makeReady(z, &s.urgent)
	default:
		s.hold(z)
		s.place(z)
	}
	s.poke()
}

// NOTIFYs that lead to nothing, one after the other, are held back for a growing time: whoever may send
// them, or can forge that, must not make us ask the primaries without a pause.
const (
	fruitlessAllowed = 3
	firstHold        = 50 * time.Millisecond
	longestHold      = time.Second
)

// hold sets until when NOTIFYs start nothing, and says whether there is such a time.
func (s *Scheduler) hold(z *Zone) bool {
	over := z.fruitless - fruitlessAllowed
	if over <= 0 {
		z.entry.held = time.Time{}
		return false
	}
	z.entry.held = time.Now().Add(min(longestHold, firstHold<<min(over-1, 10)))
	return true
}

// cycle runs one refresh and settles the lease.
func (s *Scheduler) cycle(ctx context.Context, z *Zone, r request) Outcome {
	begun := time.Now()
	c := &cycle{zone: z, config: z.Config(), request: r, slots: s.slots}
	o := c.run(ctx)
	o.Reason = r.reason

	event := timers.Failed
	if o.Result == Updated || o.Result == Current || o.Result == Waiting {
		event = timers.Succeeded
	}
	var soa *zone.SOA
	if v := z.Current(); v != nil {
		current := v.SOA()
		soa = &current
		o.New = current.Serial
	}
	lease := z.Lease().Step(event, soa, c.config.Clamps, time.Now(), s.opts.Jitter())
	if o.Result == Waiting {
		lease.Due = earlier(lease.Due, z.pin.Trouble.Add(primary.Tolerance))
	}
	z.lease.Store(&lease)
	if event == timers.Succeeded {
		z.expired.Store(false)
	}
	o.Failures, o.Next, o.Took = lease.Failures, lease.Due, time.Since(begun)
	z.report.Store(&Report{Primaries: c.views, Pinned: z.pin.Addr, Last: o, At: time.Now()})
	return o
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// A timeline is a heap of zones by their next moment.
type timeline []*Zone

func (t timeline) Len() int           { return len(t) }
func (t timeline) Less(i, j int) bool { return t[i].entry.at.Before(t[j].entry.at) }
func (t timeline) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].entry.index, t[j].entry.index = i, j
}
func (t *timeline) Push(z any) {
	z.(*Zone).entry.index = len(*t)
	*t = append(*t, z.(*Zone))
}
func (t *timeline) Pop() any {
	old := *t
	z := old[len(old)-1]
	old[len(old)-1] = nil
	*t = old[:len(old)-1]
	z.entry.index = -1
	return z
}
