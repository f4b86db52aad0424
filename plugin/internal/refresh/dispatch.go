package refresh

import (
	"context"
	"time"
)

// dispatch starts what is due and what is asked for, until Close.
func (s *Scheduler) dispatch() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for s.ctx.Err() == nil {
		if wait, ok := s.turn(); ok {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.ctx.Done():
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
	for w, release := s.slots.next(now); w != nil; w, release = s.slots.next(now) {
		w.cycle.slot = release
		s.resume(w.cycle)
	}
	for queue := s.ready(now); queue != nil && s.places.try(); queue = s.ready(now) {
		s.start(s.pop(queue, now))
	}
	if len(s.zones) > 0 {
		wait, ok = s.zones[0].entry.at.Sub(now), true
	}
	if s.timed.Len() > 0 && s.pace.holds(now) && (!ok || s.pace.wait(now) < wait) {
		wait, ok = s.pace.wait(now), true
	}
	return wait, ok
}

// reached deals with a zone whose moment has come: the end of its lease, or a refresh, or both.
func (s *Scheduler) reached(z *Zone, now time.Time) {
	lease := z.Lease()
	if lease.Expired(now) && !z.expired.Swap(true) {
		o := Outcome{Result: Expired, Failures: lease.Failures, Next: lease.Due}
		if v := z.Current(); v != nil {
			o.Had, o.Old, o.New = true, v.Serial(), v.Serial()
		}
		s.done.Go(s.telling(z, o))
	}
	if z.entry.state == waiting && !lease.Due.After(now) {
		if z.Current() == nil || z.Expired() {
			s.makeReady(z, &s.unserved)
		} else {
			s.makeReady(z, &s.timed)
		}
		return
	}
	if w := z.entry.wait; w != nil && !w.until.IsZero() && !w.until.After(now) {
		s.slots.withdraw(w)
		w.cycle.giveUp()
		s.resume(w.cycle)
	}
	s.place(z)
}

// telling is the call of Observe for an outcome, to be made without s.mu. Those of a zone wait for each
// other, in the order in which telling was called.
func (s *Scheduler) telling(z *Zone, o Outcome) func() {
	before, told := z.entry.told, make(chan struct{})
	z.entry.told = told
	return func() {
		defer close(told)
		if before != nil {
			<-before
		}
		s.opts.Observe(z, o)
		s.mu.Lock()
		defer s.mu.Unlock()
		if z.entry.told == told {
			z.entry.told = nil
		}
	}
}

func (s *Scheduler) start(z *Zone) {
	e := &z.entry
	c := &cycle{zone: z, config: z.Config(), places: s.places, slots: s.slots, reach: s.reach}
	c.spare = func(stop context.CancelFunc) { s.spare(z, stop) }
	if e.request != nil {
		c.request = *e.request
	}
	e.request, e.state, e.queued = nil, running, false
	s.running++
	s.launch(c)
}

// spare notes what can be stopped of the running refresh of a zone when another one is asked for; nil: nothing any more.
func (s *Scheduler) spare(z *Zone, stop context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	z.entry.spare = stop
	if stop != nil && z.entry.queued {
		stop()
	}
}

// launch has a goroutine go on with a cycle until it ends or waits for a slot.
func (s *Scheduler) launch(c *cycle) {
	ctx, stop := context.WithCancel(s.ctx)
	c.zone.entry.stop = stop
	s.done.Go(func() {
		defer stop()
		if c.run(ctx); c.wait != nil && s.park(ctx, c) {
			return
		}
		c.request.end(s.conclude(ctx, c))
		s.finished(c.zone)
	})
}

// park has a cycle wait for a slot. Very many zones may: they have no goroutine while they do. A cycle that was stopped
// does not wait.
func (s *Scheduler) park(ctx context.Context, c *cycle) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	e := &c.zone.entry
	e.wait, e.stop = c.wait, nil
	s.slots.wait(c.wait)
	if e.queued {
		s.slots.hurry(c.wait)
	}
	s.place(c.zone)
	s.poke() // a slot may have become free meanwhile
	return true
}

// resume goes on with a cycle that has waited for a slot.
func (s *Scheduler) resume(c *cycle) {
	c.wait, c.zone.entry.wait = nil, nil
	s.launch(c)
}

// finished says when the zone's next refresh is.
func (s *Scheduler) finished(z *Zone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	e := &z.entry
	e.state, e.stop = waiting, nil
	if e.idle != nil {
		close(e.idle)
		e.idle = nil
	}
	if !e.added {
		return
	}
	held := s.hold(z) && e.queued && e.request.reason == Notified
	switch {
	case !e.queued:
		s.place(z)
	case held:
		s.bringForward(z, e.held)
	default:
		s.makeReady(z, &s.urgent.List)
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
