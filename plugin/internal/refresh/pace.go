package refresh

import (
	"container/list"
	"time"
)

// pace spreads the refreshes of zones that are served and whose timers ran out together: in the default, a thousand
// begin in a second, or as many as make a round of all zones in a minute. A primary is not to be flooded because
// zones were loaded together. Nothing that somebody asked for, or that is not served, is held up by it.
type pace struct{ next time.Time }

const (
	paced      = time.Millisecond
	pacedRound = time.Minute
	// pacedBurst is how far the pace is run ahead of, so that the dispatcher need not wake for each zone.
	pacedBurst = 50 * time.Millisecond
)

// holds says whether it is too early for another one.
func (p *pace) holds(now time.Time) bool { return p.next.After(now.Add(pacedBurst)) }

// wait is for how long it is too early for another half of a burst.
func (p *pace) wait(now time.Time) time.Duration { return p.next.Sub(now) - pacedBurst/2 }

// took counts one of a number of zones.
func (p *pace) took(now time.Time, zones int) {
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(min(paced, pacedRound/time.Duration(max(zones, 1))))
}

// byTimer is the queue of those whose timer ran out from which the next one comes; nil: none may begin now.
func (s *Scheduler) byTimer(now time.Time) *list.List {
	unserved, timed := s.unserved.Front(), s.timed.Front()
	switch {
	case timed == nil || s.pace.holds(now):
		if unserved == nil {
			return nil
		}
	case unserved == nil || timed.Value.(turn).since.Before(unserved.Value.(turn).since):
		return &s.timed
	}
	return &s.unserved
}
