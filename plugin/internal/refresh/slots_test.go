package refresh

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// queue is a test's view of slots: who waits under which name, and who has a slot.
type queue struct {
	*slots
	names    map[*slotWait]string
	got      []string
	releases []func()
}

func newQueue(total, each int) *queue {
	q := &queue{slots: newSlots(total, each, func() {}), names: make(map[*slotWait]string)}
	return q
}

func (q *queue) enter(name string, from fakeAddr, urgent bool) *slotWait {
	w := &slotWait{addr: from.Addr(), urgent: urgent}
	q.names[w] = name
	q.wait(w)
	q.grant()
	return w
}

func (q *queue) grant() {
	for w, release := q.next(time.Now()); w != nil; w, release = q.next(time.Now()) {
		q.got, q.releases = append(q.got, q.names[w]), append(q.releases, release)
	}
}

func (q *queue) leave() {
	release := q.releases[0]
	q.releases = q.releases[1:]
	release()
	q.grant()
}

func (q *queue) empty(t *testing.T) {
	t.Helper()
	for len(q.releases) > 0 {
		q.leave()
	}
	if len(q.sources) != 0 || q.turns.Len() != 0 || q.inUse() != 0 {
		t.Errorf("left behind: %+v", q.slots)
	}
}

func TestSlots(t *testing.T) {
	q := newQueue(3, 2)
	for _, name := range []string{"a1", "a2", "a3", "a4", "a5"} {
		q.enter(name, addrA, false)
	}
	for _, name := range []string{"b1", "b2", "b3"} {
		q.enter(name, addrB, false) // passes those that wait for A
	}
	if want := []string{"a1", "a2", "b1"}; !slices.Equal(q.got, want) {
		t.Fatalf("%v", q.got)
	}
	if _, ok := q.try(addrB.Addr()); ok {
		t.Error("a slot was taken before those who wait")
	}
	for range 5 {
		q.leave()
	}
	// a1 left: A's turn was longest ago. a2 left: B's turn. b1 left: A. The addresses take turns.
	if want := []string{"a1", "a2", "b1", "a3", "b2", "a4", "b3", "a5"}; !slices.Equal(q.got, want) {
		t.Errorf("%v", q.got)
	}
	q.empty(t)
	release, ok := q.try(addrA.Addr())
	if !ok || q.inUse() != 1 {
		t.Error("nothing is free")
	}
	release()
	q.empty(t)
}

func TestWhatSomebodyAskedForGetsTheNextSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, 1)
		for _, name := range []string{"running", "t1", "t2"} {
			q.enter(name, addrA, false)
		}
		t3 := q.enter("t3", addrA, false)
		q.enter("u1", addrA, true)
		q.hurry(t3)
		q.hurry(t3)
		for range 3 {
			q.leave()
		}
		if want := []string{"running", "u1", "t3", "t1"}; !slices.Equal(q.got, want) {
			t.Errorf("%v", q.got)
		}
		for _, name := range []string{"u2", "u3", "u4"} {
			q.enter(name, addrA, true)
		}
		q.enter("t4", addrA, false)
		time.Sleep(timedPatience) // from now on they take turns
		q.empty(t)
		if want := []string{"u2", "t2", "u4", "t4", "u3"}; !slices.Equal(q.got[4:], want) {
			t.Errorf("%v", q.got[4:])
		}
	})
}

func TestTheNewestAndTheOldestTakeTurns(t *testing.T) {
	q := newQueue(1, 1)
	for _, name := range []string{"running", "1", "2", "3", "4"} {
		q.enter(name, addrA, true)
	}
	q.leave() // the newest: 4
	q.enter("5", addrA, true)
	q.leave() // the oldest: 1
	q.enter("6", addrA, true)
	q.empty(t)
	if want := []string{"running", "4", "1", "6", "2", "5", "3"}; !slices.Equal(q.got, want) {
		t.Errorf("%v", q.got)
	}
}

func TestSlotsThatAreGivenUp(t *testing.T) {
	q := newQueue(1, 1)
	q.enter("first", addrA, false)
	gone := q.enter("gone", addrB, true)
	q.enter("next", addrA, false)
	q.withdraw(gone)
	q.leave()
	if want := []string{"first", "next"}; !slices.Equal(q.got, want) {
		t.Errorf("%v", q.got)
	}
	q.empty(t)
}

func TestSlotsThatBecomeMoreAndFewer(t *testing.T) {
	q := newQueue(1, 1)
	take := func(want int) {
		t.Helper()
		if q.grant(); q.inUse() != want {
			t.Errorf("%d are taken, not %d", q.inUse(), want)
		}
	}
	for range 4 {
		q.enter("", addrA, false)
	}
	take(1)
	q.resize(10, 2)
	take(2)
	q.resize(3, 3)
	take(3)
	q.resize(1, 1)
	take(3)
	for _, want := range []int{2, 1, 1, 0} {
		q.leave()
		take(want)
	}
	q.empty(t)
}

func TestTheTurnOfAnAddressPasses(t *testing.T) {
	q := newQueue(2, 1)
	q.enter("a1", addrA, false)
	q.enter("a2", addrA, false)
	q.enter("b1", addrB, false)
	if want := []string{"a1", "b1"}; !slices.Equal(q.got, want) || q.waiting() == nil || q.names[q.waiting()] != "a2" {
		t.Errorf("%v", q.got)
	}
	q.empty(t)
	if q.waiting() != nil {
		t.Error("somebody waits")
	}
}
