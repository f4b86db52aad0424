package health

import (
	"slices"
	"time"
)

// Restored is a state that was saved, as it counts in the next process: the phase and the override as they were. What
// must happen in a row, or without a pause, begins anew, for nobody has looked meanwhile. It is to be probed at once.
// Moments in the future, by a clock that was set back, are taken for now.
func (s State) Restored(p Params, now time.Time) State {
	s.Changes = slices.Clone(s.Changes)
	for i := range s.Changes {
		notAfter(&s.Changes[i], now)
	}
	s.Changes = s.Changes[max(0, len(s.Changes)-p.Flap):]
	notAfter(&s.Until, now.Add(p.Cap))
	for _, at := range []*time.Time{&s.Since, &s.Released, &s.Checked, &s.Silent} {
		notAfter(at, now)
	}
	if s.Seen == Recovering {
		s.Since = now
	}
	if s.Seen == Admin { // nobody saves that
		s.Seen = Unknown
	}
	s.Dampings, s.RTT = max(s.Dampings, 0), max(s.RTT, 0)
	s.Successes, s.Failures, s.Timeouts, s.Hearsay, s.Next = 0, 0, 0, false, time.Time{}
	return s
}

func notAfter(at *time.Time, now time.Time) {
	if at.After(now) {
		*at = now
	}
}
