package notify

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Sender tells all zones' targets.
type Sender struct {
	transport transport

	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{}
	done   sync.WaitGroup // the goroutine that sends

	mu       sync.Mutex
	slots    slots
	peers    map[netip.AddrPort]*peer
	underway map[handle]*message
	waiting  timeline
	pending  int
	ended    []ending // to be told once mu is free
}

// transport sends datagrams. Its methods are called by one goroutine. What comes in is given to
// Sender.received.
type transport interface {
	// send sends from a local address; it may be an unspecified one.
	send(msg []byte, local netip.Addr, to netip.AddrPort) error
	// idle says that no answer is waited for.
	idle()
	// close ends all, and waits until nothing is given to Sender.received any more.
	close()
}

type ending struct {
	observe func(Outcome)
	outcome Outcome
}

// NewSender starts a Sender. Close ends it.
func NewSender() *Sender {
	return newSender(func(s *Sender) transport { return newSockets(s.received) })
}

func newSender(over func(*Sender) transport) *Sender {
	s := &Sender{
		wake:     make(chan struct{}, 1),
		peers:    make(map[netip.AddrPort]*peer),
		underway: make(map[handle]*message),
	}
	s.transport = over(s)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.done.Go(s.dispatch)
	return s
}

// Close ends the Sender and waits for that. What was still to be told is not told.
func (s *Sender) Close() {
	s.cancel()
	s.done.Wait()
}

// Tell begins to tell targets of a version; soa is its SOA record. It does not wait. Targets that have not
// answered for an older version are told of this one instead.
func (s *Sender) Tell(z *Zone, soa zone.RR, targets []Target) {
	soa.Data = bytes.Clone(soa.Data) // it lies in a page of the version
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return
	}
	for _, target := range targets {
		t := z.tasks[target.Addr]
		if t == nil {
			t = s.add(z, target)
		}
		t.target, t.soa = target, soa
		if due := t.newer(); t.ready == nil {
			s.waiting.place(t, due)
		}
	}
	s.poke()
}

// Keep drops what is to be told to others than the given targets, and takes over their keys and source
// addresses. Without targets nothing of the zone is left.
func (s *Sender) Keep(z *Zone, targets []Target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for addr, t := range z.tasks {
		i := slices.IndexFunc(targets, func(o Target) bool { return o.Addr == addr })
		if i < 0 {
			s.drop(t)
		} else {
			t.target = targets[i]
		}
	}
	s.poke()
}

// Pending is how many targets, each counted for every zone, have something still to be told.
func (s *Sender) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending
}

// Untold are the targets that have something still to be told of a zone, in no order.
func (s *Sender) Untold(z *Zone) []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(z.tasks))
}

// poke wakes the goroutine that sends.
func (s *Sender) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Sender) add(z *Zone, target Target) *task {
	p := s.peers[target.Addr]
	if p == nil {
		p = &peer{addr: target.Addr}
		s.peers[target.Addr] = p
	}
	t := &task{zone: z, peer: p, index: -1}
	z.tasks[target.Addr] = t
	p.tasks++
	s.pending++
	s.makeReady(t)
	return t
}

func (s *Sender) makeReady(t *task) {
	s.forget(t)
	t.ready = t.peer.ready.PushBack(t)
	s.slots.place(t.peer)
}

// forget ends the waiting for an answer.
func (s *Sender) forget(t *task) {
	s.waiting.remove(t)
	if m := t.message; m != nil {
		t.message = nil
		delete(s.underway, m.handle)
		s.slots.release(m)
	}
}

func (s *Sender) drop(t *task) {
	s.forget(t)
	p := t.peer
	if t.ready != nil {
		p.ready.Remove(t.ready)
		t.ready = nil
		s.slots.place(p)
	}
	delete(t.zone.tasks, p.addr)
	s.pending--
	if p.tasks--; p.tasks == 0 {
		delete(s.peers, p.addr)
	}
}

// end drops a task and notes what became of it.
func (s *Sender) end(t *task, r Result, rcode uint8) {
	soa, _ := zone.ParseSOA(t.soa) // that of a published version is well-formed
	o := Outcome{Target: t.peer.addr, Serial: soa.Serial, Result: r, Rcode: rcode, Sent: t.sent}
	if r == Unverified || r == Unanswered {
		o.Err = t.doubt
	}
	s.drop(t)
	s.ended = append(s.ended, ending{t.zone.observe, o})
}

// unlock frees mu and tells what has ended.
func (s *Sender) unlock() {
	ended := s.ended
	s.ended = nil
	s.mu.Unlock()
	for _, e := range ended {
		e.observe(e.outcome)
	}
}

// received takes an incoming message. It may be anybody's.
func (s *Sender) received(local netip.Addr, from netip.AddrPort, msg []byte) {
	id, ok := replyID(msg)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.unlock()
	m := s.underway[handle{local, from, id}]
	if m == nil {
		return
	}
	t := m.task
	rcode, err := judge(msg, t.zone.apex, m.verifier, time.Now())
	if err != nil {
		if !errors.Is(err, errStranger) {
			t.doubt = err
		}
		return
	}
	s.slots.heard(t.peer)
	if r, over := t.answered(rcode); over {
		s.end(t, r, rcode)
	} else {
		s.makeReady(t)
	}
	s.poke()
}
