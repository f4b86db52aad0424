package refresh

import (
	"cmp"
	"container/heap"
	"container/list"
	"context"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// entry is the Scheduler's part of a Zone, guarded by Scheduler.mu.
type entry struct {
	added bool // between Add and Remove
	index int  // in the timeline, -1: not there
	at    time.Time
	state entryState

	// While ready: where it stands. The element's value is a turn.
	queue   *list.List
	element *list.Element

	request *request           // what the next refresh is for; nil: nobody has asked for one
	queued  bool               // while running: another refresh is wanted
	held    time.Time          // before this a NOTIFY starts nothing
	stop    context.CancelFunc // of the running refresh, unless that waits for a slot
	spare   context.CancelFunc // of what the running refresh does that is not urgent; nil: all is
	wait    *slotWait          // of the running refresh; nil: it does not wait
	idle    chan struct{}      // closed when that has ended; nil: nobody waits for that
	told    chan struct{}      // closed when the last call of Observe has returned; nil: it has
}

type entryState uint8

const (
	waiting entryState = iota
	ready
	running
)

type request struct {
	reason  Reason
	hint    Hint
	version *zone.Version  // to be put back; nil: none is
	waiters []chan Outcome // each has room for one
}

// merge keeps the more urgent reason and the latest hint, and all who wait.
func (r *request) merge(o request) {
	waiters, version := append(r.waiters, o.waiters...), cmp.Or(o.version, r.version)
	if o.reason >= r.reason {
		*r = o
	}
	r.waiters, r.version = waiters, version
}

// end tells those who wait; nil: there will be no outcome.
func (r *request) end(o *Outcome) {
	for _, w := range r.waiters {
		if o != nil {
			w <- *o
		}
		close(w)
	}
}

// A turn is a zone in a queue.
type turn struct {
	zone  *Zone
	since time.Time
}

// makeReady puts a zone at the end of a queue, whichever it stood in.
func (s *Scheduler) makeReady(z *Zone, queue *list.List) {
	e := &z.entry
	s.dequeue(z)
	e.state = ready
	e.queue, e.element = queue, queue.PushBack(turn{z, time.Now()})
	s.place(z)
}

func (s *Scheduler) dequeue(z *Zone) {
	e := &z.entry
	if e.element != nil {
		e.queue.Remove(e.element)
		e.queue, e.element = nil, nil
	}
}

// timedPatience is how long a zone whose timer ran out lets those go first that somebody asked for. Without
// a limit, enough NOTIFYs for some zones would let the others expire.
const timedPatience = 5 * time.Second

// ready is the queue from which the next zone comes, nil if none may begin: those that somebody asked for come first,
// except that one whose patience is over comes after each of them.
func (s *Scheduler) ready(now time.Time) *list.List {
	timed := s.byTimer(now)
	impatient := timed != nil && now.Sub(timed.Front().Value.(turn).since) >= timedPatience
	if s.urgent.Len() == 0 || impatient && !s.overtaken {
		return timed
	}
	return &s.urgent.List
}

// pop takes the next zone out of a queue.
func (s *Scheduler) pop(queue *list.List, now time.Time) *Zone {
	s.overtaken = queue != &s.urgent.List
	first := queue.Front()
	switch queue {
	case &s.timed:
		s.pace.took(now, len(s.zones))
	case &s.urgent.List:
		first = s.urgent.next()
	}
	z := first.Value.(turn).zone
	s.dequeue(z)
	return z
}

// place puts the zone where its next moment is: the end of the lease, and the next refresh unless one is
// on its way, or else the end of its patience with a slot.
func (s *Scheduler) place(z *Zone) {
	e, lease := &z.entry, z.Lease()
	at, ok := time.Time{}, false
	if !lease.Expire.IsZero() && !z.Expired() {
		at, ok = lease.Expire, true
	}
	if e.state == waiting && (!ok || lease.Due.Before(at)) {
		at, ok = lease.Due, true
	}
	if w := e.wait; w != nil && !w.until.IsZero() && (!ok || w.until.Before(at)) {
		at, ok = w.until, true
	}
	e.at = at
	switch {
	case !ok || !e.added:
		if e.index >= 0 {
			heap.Remove(&s.zones, e.index)
		}
	case e.index >= 0:
		heap.Fix(&s.zones, e.index)
	default:
		heap.Push(&s.zones, z)
	}
}

// bringForward makes a waiting zone due at the given moment, if it is not due before.
func (s *Scheduler) bringForward(z *Zone, at time.Time) {
	if lease := z.Lease(); at.Before(lease.Due) {
		lease.Due = at
		z.lease.Store(&lease)
	}
	s.place(z)
}

// A timeline is a heap of zones by their next moment.
type timeline []*Zone

func (t timeline) Len() int           { return len(t) }
func (t timeline) Less(i, j int) bool { return t[i].entry.at.Before(t[j].entry.at) }
func (t timeline) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].entry.index, t[j].entry.index = i, j
}

// Push is for container/heap.
func (t *timeline) Push(z any) {
	z.(*Zone).entry.index = len(*t)
	*t = append(*t, z.(*Zone))
}

// Pop is for container/heap.
func (t *timeline) Pop() any {
	old := *t
	z := old[len(old)-1]
	old[len(old)-1] = nil
	*t = old[:len(old)-1]
	z.entry.index = -1
	return z
}
