package refresh

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// slots bound the transfers that run at a time, in total and from one address. The addresses take turns, so that a primary
// with thousands of zones, or a slow one, holds up nobody but itself. Of what waits for one of them, what somebody asked
// for comes first, see line; the rest in order of arrival.
type slots struct {
	freed func() // called after a slot was given back, or there are more

	mu          sync.Mutex
	total, each int

	used    int
	sources map[netip.Addr]*slotSource // those with a transfer or a waiter
	turns   list.List                  // of *slotSource with waiters; whose turn was longest ago comes first
}

type slotSource struct {
	addr      netip.Addr
	used      int
	urgent    line          // of *slotWait
	timed     list.List     // of *slotWait
	overtaken bool          // a timed one came before the urgent ones the last time
	turn      *list.Element // in turns; nil: nobody waits
}

// A slotWait is a cycle that waits for a slot.
type slotWait struct {
	cycle  *cycle
	addr   netip.Addr
	urgent bool
	since  time.Time
	until  time.Time // when it is given up; zero: never

	from    *slotSource
	element *list.Element // in one of the lists of from
}

func newSlots(total, each int, freed func()) *slots {
	return &slots{total: total, each: each, sources: make(map[netip.Addr]*slotSource), freed: freed}
}

// try takes a slot for a transfer from addr if one is free.
func (s *slots) try(addr netip.Addr) (release func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.source(addr)
	if s.used >= s.total || from.used >= s.each || from.turn != nil {
		s.forget(from)
		return nil, false
	}
	return s.take(from), true
}

// wait begins to wait. next ends it, or withdraw.
func (s *slots) wait(w *slotWait) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.from, w.since = s.source(w.addr), time.Now()
	w.element = w.from.queue(w.urgent).PushBack(w)
	if w.from.turn == nil {
		w.from.turn = s.turns.PushBack(w.from)
	}
}

// hurry puts one that waits among those that somebody asked for.
func (s *slots) hurry(w *slotWait) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !w.urgent {
		w.from.timed.Remove(w.element)
		w.urgent, w.element = true, w.from.urgent.PushBack(w)
	}
}

// withdraw ends the waiting.
func (s *slots) withdraw(w *slotWait) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.from.queue(w.urgent).Remove(w.element)
	s.settle(w.from)
}

// next takes a slot for the one whose turn it is, nil if none is free. It passes over the addresses that are full; those
// are at most total/each, unless the slots have become fewer.
func (s *slots) next(now time.Time) (w *slotWait, release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used >= s.total {
		return nil, nil
	}
	for turn := s.turns.Front(); turn != nil; turn = turn.Next() {
		from := turn.Value.(*slotSource)
		if from.used >= s.each {
			continue
		}
		w = from.first(now)
		release = s.take(from)
		s.turns.MoveToBack(turn)
		s.settle(from)
		return w, release
	}
	return nil, nil
}

// waiting is any one that waits, or nil.
func (s *slots) waiting() *slotWait {
	s.mu.Lock()
	defer s.mu.Unlock()
	turn := s.turns.Front()
	if turn == nil {
		return nil
	}
	from := turn.Value.(*slotSource)
	queue := from.queue(from.urgent.Len() > 0)
	return queue.Front().Value.(*slotWait)
}

// first takes the next one that waits off its queue. Of those that a timer made wait, one whose patience is over comes
// after each of the others.
func (from *slotSource) first(now time.Time) *slotWait {
	timed := from.timed.Front()
	impatient := timed != nil && now.Sub(timed.Value.(*slotWait).since) >= timedPatience
	if from.overtaken = from.urgent.Len() == 0 || impatient && !from.overtaken; from.overtaken {
		return from.timed.Remove(timed).(*slotWait)
	}
	return from.urgent.Remove(from.urgent.next()).(*slotWait)
}

func (from *slotSource) queue(urgent bool) *list.List {
	if urgent {
		return &from.urgent.List
	}
	return &from.timed
}

// resize changes how many slots there are. When they become fewer, those that are taken stay taken.
func (s *slots) resize(total, each int) {
	s.mu.Lock()
	s.total, s.each = total, each
	s.mu.Unlock()
	s.freed()
}

func (s *slots) source(addr netip.Addr) *slotSource {
	addr = addr.Unmap()
	from := s.sources[addr]
	if from == nil {
		from = &slotSource{addr: addr}
		s.sources[addr] = from
	}
	return from
}

func (s *slots) forget(from *slotSource) {
	if from.used == 0 && from.turn == nil {
		delete(s.sources, from.addr)
	}
}

func (s *slots) take(from *slotSource) (release func()) {
	s.used++
	from.used++
	return func() { s.release(from) }
}

// settle takes an address for which nobody waits any more out of the turns.
func (s *slots) settle(from *slotSource) {
	if from.turn != nil && from.urgent.Len()+from.timed.Len() == 0 {
		s.turns.Remove(from.turn)
		from.turn = nil
	}
	s.forget(from)
}

func (s *slots) release(from *slotSource) {
	s.mu.Lock()
	s.used--
	from.used--
	s.forget(from)
	s.mu.Unlock()
	s.freed()
}

func (s *slots) inUse() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}
