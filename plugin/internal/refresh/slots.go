package refresh

import (
	"container/list"
	"context"
	"net/netip"
	"sync"
)

// slots bound the transfers that run at a time, in total and from one address. The addresses take turns,
// and what waits for one of them is served in order of arrival: a primary with thousands of zones, or a
// slow one, holds up nobody but itself.
type slots struct {
	mu          sync.Mutex
	total, each int

	used    int
	sources map[netip.Addr]*slotSource // those with a transfer or a waiter
	turns   list.List                  // of *slotSource with waiters; whose turn was longest ago comes first
}

type slotSource struct {
	addr    netip.Addr
	used    int
	waiting list.List     // of chan struct{}, closed when the slot is granted
	turn    *list.Element // in turns; nil: nobody waits
}

func newSlots(total, each int) *slots {
	return &slots{total: total, each: each, sources: make(map[netip.Addr]*slotSource)}
}

// try takes a slot for a transfer from addr if one is free. Nobody waits for it then: see grant.
func (s *slots) try(addr netip.Addr) (release func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.source(addr)
	if s.used >= s.total || from.used >= s.each {
		s.forget(from)
		return nil, false
	}
	s.take(from)
	return func() { s.release(from) }, true
}

// acquire waits for a slot. release gives it back.
func (s *slots) acquire(ctx context.Context, addr netip.Addr) (release func(), err error) {
	grant := make(chan struct{})
	s.mu.Lock()
	from := s.source(addr)
	place := from.waiting.PushBack(grant)
	if from.turn == nil {
		from.turn = s.turns.PushBack(from)
	}
	s.grant()
	s.mu.Unlock()
	select {
	case <-grant:
		return func() { s.release(from) }, nil
	case <-ctx.Done():
		s.abandon(from, place)
		return nil, context.Cause(ctx)
	}
}

// resize changes how many slots there are. When they become fewer, those that are taken stay taken.
func (s *slots) resize(total, each int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total, s.each = total, each
	s.grant()
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

func (s *slots) take(from *slotSource) {
	s.used++
	from.used++
}

// grant hands out what is free, so that afterwards nobody waits for anything but what is taken. It passes over
// the addresses that are full; those are at most total/each, unless the slots have become fewer.
func (s *slots) grant() {
	for turn := s.turns.Front(); turn != nil && s.used < s.total; {
		from, next := turn.Value.(*slotSource), turn.Next()
		if from.used < s.each {
			close(from.waiting.Remove(from.waiting.Front()).(chan struct{}))
			s.take(from)
			s.turns.MoveToBack(turn)
			s.settle(from)
			if next == nil {
				next = s.turns.Front()
			}
		}
		turn = next
	}
}

// settle takes an address for which nobody waits any more out of the turns.
func (s *slots) settle(from *slotSource) {
	if from.turn != nil && from.waiting.Len() == 0 {
		s.turns.Remove(from.turn)
		from.turn = nil
	}
	s.forget(from)
}

func (s *slots) release(from *slotSource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveBack(from)
}

func (s *slots) giveBack(from *slotSource) {
	s.used--
	from.used--
	s.forget(from)
	s.grant()
}

// abandon takes a waiter away; a slot that it was granted meanwhile goes back.
func (s *slots) abandon(from *slotSource, place *list.Element) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-place.Value.(chan struct{}):
		s.giveBack(from)
	default:
		from.waiting.Remove(place)
		s.settle(from)
	}
}

func (s *slots) inUse() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}
