package health

import (
	"slices"
	"time"
)

// Kind is what happened.
type Kind uint8

// The kinds of events. The first two are probes.
const (
	Succeeded Kind = iota
	Failed
	Evidence // something else failed, such as a transfer
	TimedOut // a query that was no probe was not answered
	Answered // one was
	Ordered  // by the operator
)

// Event is what happened to a target.
type Event struct {
	Kind     Kind
	Took     time.Duration // a probe: from its beginning to its end
	RTT      time.Duration // Succeeded: 0, if there is none
	Reason   string        // Failed and Evidence: why
	Heard    bool          // Failed: an answer came, a wrong one; so it is not the network that fails
	Override Override      // Ordered
}

// Moment is what a step needs to know of the world.
type Moment struct {
	Now    time.Time
	Chance float64 // between -1 and 1: the jitter of the next wait
	Frozen bool    // we may be cut off ourselves: see Isolation.Frozen
}

// Effect is what a step did.
type Effect struct {
	From, To Phase // as State.Phase; a change of what probes say below an override is none
}

// Changed says that the phase changed.
func (e Effect) Changed() bool { return e.From != e.To }

// Step is the state after an event, and when to probe next. While frozen, only an order changes the phase.
func (s State) Step(e Event, p Params, m Moment) (State, Effect) {
	from := s.Phase()
	s.Changes = slices.Clone(s.Changes)
	switch e.Kind {
	case Succeeded:
		s.succeeded(e, p, m)
	case Failed:
		s.failed(e, p, m)
	case Evidence:
		s.suspected(e.Reason, p, m)
	case TimedOut:
		if s.Timeouts++; s.Timeouts >= p.Passive {
			s.suspected(e.Reason, p, m)
		}
	case Answered:
		s.Timeouts = 0
	case Ordered:
		s.Override = e.Override
	}
	return s, Effect{From: from, To: s.Phase()}
}

func (s *State) succeeded(e Event, p Params, m Moment) {
	s.probed(m.Now)
	s.measured(e.RTT)
	s.Silent, s.Reason = time.Time{}, ""
	if !m.Frozen {
		s.Failures = 0
		s.Successes++
		s.better(p, m.Now)
	}
	s.schedule(e.Took, p, m)
}

// better is what a success leads to.
func (s *State) better(p Params, now time.Time) {
	switch s.Seen {
	case Unknown:
		s.enter(Up, now)
	case Suspect:
		if s.Successes >= p.Clear {
			s.cleared(p, now)
		}
	case Down:
		s.move(Recovering, p, now)
		s.Successes = 1 // of those in a row, this is the first one
	case Recovering:
		if s.Successes >= p.Rise && now.Sub(s.Since) >= p.HoldDown {
			s.move(Up, p, now)
		}
	case Damped:
		if now.Before(s.Until) {
			s.Successes = 0
		} else if s.Successes >= p.Rise {
			s.release(p, now)
		}
	}
}

// cleared ends a suspicion. One that no probe has confirmed is as if it had not been.
func (s *State) cleared(p Params, now time.Time) {
	if s.Hearsay {
		s.enter(Up, now)
		return
	}
	s.move(Up, p, now)
}

func (s *State) failed(e Event, p Params, m Moment) {
	s.probed(m.Now)
	s.Reason = e.Reason
	switch {
	case e.Heard:
		s.Silent = time.Time{}
	case s.Silent.IsZero():
		s.Silent = m.Now
	}
	if !m.Frozen {
		s.Successes = 0
		s.Failures++
		s.worse(p, m.Now)
	}
	s.schedule(e.Took, p, m)
}

// worse is what a failure leads to.
func (s *State) worse(p Params, now time.Time) {
	switch s.Seen {
	case Unknown:
		if s.Failures >= p.Fall {
			s.enter(Down, now)
		}
	case Up:
		s.move(worseThanUp(s.Failures, p), p, now)
	case Suspect:
		if s.Hearsay {
			s.Hearsay = false
			s.confirmed(p, now)
		}
		if s.Seen == Suspect && s.Failures >= p.Fall {
			s.move(Down, p, now)
		}
	case Recovering:
		s.move(Down, p, now)
	case Damped:
		s.punish(p, now)
	}
}

func worseThanUp(failures int, p Params) Phase {
	if failures >= p.Fall {
		return Down
	}
	return Suspect
}

// suspected is passive evidence. It brings the next probe forward where that could change how the target is used, but
// has it probed no more often than Fast.
func (s *State) suspected(reason string, p Params, m Moment) {
	s.Timeouts = 0
	if p.Passive == 0 || s.Seen != Unknown && s.Seen != Up && s.Seen != Suspect {
		return
	}
	if s.Seen == Up && !m.Frozen {
		s.enter(Suspect, m.Now)
		s.Hearsay, s.Reason = true, reason
	}
	soon := s.Checked.Add(p.Fast)
	if soon.Before(m.Now) {
		soon = m.Now
	}
	if soon.Before(s.Next) {
		s.Next = soon
	}
}

func (s *State) probed(now time.Time) { s.Checked, s.Timeouts = now, 0 }

// dampedJitter is the jitter of a target that is damped. One that comes and goes with a period of which the pace is a
// multiple must not be met at its good moments again and again.
const dampedJitter = 0.5

// schedule says when to probe next. The pace is that of the beginnings of probes, so that those that time out do not
// make it slower.
func (s *State) schedule(took time.Duration, p Params, m Moment) {
	wait, jitter := s.pace(p), p.Jitter
	if s.Seen == Damped {
		jitter = max(jitter, dampedJitter)
	}
	wait += time.Duration(m.Chance * jitter * float64(wait))
	if s.Next = m.Now.Add(wait - took); s.Next.Before(m.Now) {
		s.Next = m.Now
	}
}

func (s *State) pace(p Params) time.Duration {
	switch s.Seen {
	case Suspect, Recovering:
		return p.Fast
	case Down:
		return p.Down
	case Damped:
		if s.Failures >= p.Fall {
			return p.Down
		}
		return p.Fast
	case Unknown:
		if s.Failures > 0 {
			return p.Fast // what is used without being known is to be known soon
		}
	}
	return p.Interval
}

// enter is a change of phase that is no flapping.
func (s *State) enter(to Phase, now time.Time) {
	s.Seen, s.Since, s.Successes, s.Hearsay = to, now, 0, false
}
