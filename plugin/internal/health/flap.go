package health

import (
	"slices"
	"time"
)

// move is a change of phase that probes made. One too many within the window damps the target instead.
func (s *State) move(to Phase, p Params, now time.Time) {
	if s.flapping(p, now) {
		s.damp(p, now)
		return
	}
	s.note(p, now)
	s.enter(to, now)
}

// confirmed is a suspicion by evidence that a probe confirms: from now on it is a change that probes made.
func (s *State) confirmed(p Params, now time.Time) {
	if s.flapping(p, now) {
		s.damp(p, now)
		return
	}
	s.note(p, now)
}

// flapping says that there were as many changes within the window as there may be.
func (s *State) flapping(p Params, now time.Time) bool {
	recent := 0
	for _, at := range s.Changes {
		if now.Sub(at) < p.FlapWindow {
			recent++
		}
	}
	return recent >= p.Flap
}

// note remembers a change, and forgets those that do not matter any more.
func (s *State) note(p Params, now time.Time) {
	s.Changes = slices.DeleteFunc(s.Changes, func(at time.Time) bool { return now.Sub(at) >= p.FlapWindow })
	s.Changes = append(s.Changes, now)
	if extra := len(s.Changes) - p.Flap; extra > 0 {
		s.Changes = slices.Delete(s.Changes, 0, extra)
	}
}

// damp takes the target out of use. Dampings count on as long as each comes soon after the one before, within Cap.
func (s *State) damp(p Params, now time.Time) {
	if now.Sub(s.Released) > p.Cap {
		s.Dampings = 0
	}
	s.Dampings++
	s.enter(Damped, now)
	s.punish(p, now)
}

// punish begins the penalty, or begins it anew: a target that goes on to flap stays damped.
func (s *State) punish(p Params, now time.Time) { s.Until = now.Add(p.penalty(s.Dampings)) }

// release ends a damping. The target is on probation: changes that led to the damping still count.
func (s *State) release(p Params, now time.Time) {
	s.note(p, now)
	s.enter(Up, now)
	s.Until, s.Released = time.Time{}, now
}
