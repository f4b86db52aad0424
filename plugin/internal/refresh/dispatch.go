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
	for s.urgent.Len()+s.timed.Len() > 0 && s.places.try() {
		s.start(s.pop(now))
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
		o := Outcome{Result: Expired, Failures: lease.Failures, Next: lease.Due}
		if v := z.Current(); v != nil {
			o.Had, o.Old, o.New = true, v.Serial(), v.Serial()
		}
		s.done.Go(s.telling(z, o))
	}
	if z.entry.state == waiting && !lease.Due.After(now) {
		s.makeReady(z, &s.timed)
		return
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
	}
}

func (s *Scheduler) start(z *Zone) {
	e := &z.entry
	r := e.request
	e.request, e.state, e.queued = request{}, running, false
	s.running++
	ctx, stop := context.WithCancel(s.ctx)
	e.stop, e.idle = stop, make(chan struct{})
	s.done.Go(func() {
		defer stop()
		r.end(s.refresh(ctx, z, r))
		s.finished(z)
	})
}

// finished says when the zone's next refresh is.
func (s *Scheduler) finished(z *Zone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	e := &z.entry
	e.state, e.stop = waiting, nil
	close(e.idle)
	if !e.added {
		return
	}
	held := s.hold(z) && e.request.reason == Notified
	switch {
	case !e.queued:
		s.place(z)
	case held:
		s.bringForward(z, e.held)
	default:
		s.makeReady(z, &s.urgent)
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
