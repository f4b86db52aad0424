package prober

import (
	"container/heap"
	"container/list"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

// target is what is probed. While a probe of it runs it stays, even if nobody watches it any more: so that there is never
// a second one.
type target struct {
	key      Key
	check    Check
	machines []*machine // without one, it ends

	probed   bool      // at least once
	heard    time.Time // when a probe last began that heard something
	silent   time.Time // since when nothing was heard; zero: something was, or it was never probed
	running  bool
	asSilent bool      // it took the room of those that are silent
	begun    time.Time // the probe that runs

	next  time.Time     // when to probe
	index int           // in the timeline, -1: not there
	queue *list.List    // where it waits for room; nil: it does not
	turn  *list.Element // in queue
}

// isCanary says that the target is of no other interest.
func (t *target) isCanary() bool {
	for _, m := range t.machines {
		if !m.Canary {
			return false
		}
	}
	return len(t.machines) > 0
}

// timeout is the longest one of those who watch it; others take a late answer for none.
func (t *target) timeout() (longest time.Duration) {
	for _, m := range t.machines {
		longest = max(longest, m.Params.Timeout)
	}
	return longest
}

// soonest is when the first of those who watch it wants a probe. A canary that is silent is asked again soon, though its
// own state is frozen as well: everything waits for it.
func (t *target) soonest() (at time.Time) {
	hurry := !t.silent.IsZero() && t.isCanary()
	for i, m := range t.machines {
		next := m.state.Next
		if soon := t.begun.Add(m.Params.Fast); hurry && soon.Before(next) {
			next = soon
		}
		if i == 0 || next.Before(at) {
			at = next
		}
	}
	return at
}

// earliest is when it may be probed together with others.
func (t *target) earliest() time.Time {
	if t.begun.IsZero() {
		return t.next.Add(-mostTogether)
	}
	return t.next.Add(-t.next.Sub(t.begun) / perWait)
}

func (t *target) look() health.Look {
	return health.Look{Addr: t.key.Addr.Addr(), Canary: t.isCanary(), Silent: t.silent}
}

// A timeline is a heap of targets by the moment when they are due.
type timeline []*target

func (l timeline) Len() int           { return len(l) }
func (l timeline) Less(i, j int) bool { return l[i].next.Before(l[j].next) }
func (l timeline) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].index, l[j].index = i, j
}

// Push is for container/heap.
func (l *timeline) Push(x any) {
	x.(*target).index = len(*l)
	*l = append(*l, x.(*target))
}

// Pop is for container/heap.
func (l *timeline) Pop() any {
	old := *l
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*l = old[:len(old)-1]
	t.index = -1
	return t
}

func (l *timeline) place(t *target, at time.Time) {
	t.next = at
	if t.index < 0 {
		heap.Push(l, t)
	} else {
		heap.Fix(l, t.index)
	}
}

func (l *timeline) remove(t *target) {
	if t.index >= 0 {
		heap.Remove(l, t.index)
	}
}

// plan places a target by what those who watch it want. One that runs or waits for room comes back by itself.
func (p *Prober) plan(t *target) {
	if t.running || t.queue != nil {
		return
	}
	p.due.place(t, t.soonest())
}

// makeReady has a target wait for room.
func (p *Prober) makeReady(t *target) {
	p.due.remove(t)
	t.queue = &p.prompt
	if !t.silent.IsZero() {
		t.queue = &p.silent
	}
	t.turn = t.queue.PushBack(t)
}

// leaveQueue ends the wait for room.
func (t *target) leaveQueue() {
	if t.queue != nil {
		t.queue.Remove(t.turn)
		t.queue, t.turn = nil, nil
	}
}
