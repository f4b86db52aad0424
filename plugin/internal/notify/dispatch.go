package notify

import (
	"net/netip"
	"time"
)

// datagram is a message to be sent.
type datagram struct {
	message *message
	octets  []byte
	local   netip.Addr
	to      netip.AddrPort
}

// dispatch sends what is to be sent, until Close.
func (s *Sender) dispatch() {
	defer s.transport.close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for s.ctx.Err() == nil {
		batch, idle := s.turn()
		for _, d := range batch {
			if err := s.transport.send(d.octets, d.local, d.to); err != nil {
				s.failed(d.message, err)
			}
		}
		if idle {
			s.transport.idle()
		}
		if at, ok := s.nextMoment(); ok {
			timer.Reset(time.Until(at))
		} else {
			timer.Stop()
		}
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.ctx.Done():
		}
	}
}

// turn deals with what was waited for in vain, and takes all that may be sent now. idle says that there is
// nothing to wait for.
func (s *Sender) turn() (batch []datagram, idle bool) {
	s.mu.Lock()
	defer s.unlock()
	now := time.Now()
	s.slots.overdue(now)
	for len(s.waiting) > 0 && !s.waiting[0].due.After(now) {
		t := s.waiting[0]
		if r, over := t.unanswered(); over {
			s.end(t, r, 0)
		} else {
			s.makeReady(t)
		}
	}
	for p := s.slots.next(); p != nil; p = s.slots.next() {
		batch = append(batch, s.send(p.ready.Front().Value.(*task), now))
	}
	return batch, s.pending == 0
}

// send makes the next message of a task.
func (s *Sender) send(t *task, now time.Time) datagram {
	h := handle{local: t.target.local(), to: t.peer.addr, id: newID()}
	// Slots bound what is sent to a peer in the time for which an answer is waited for: there are free IDs.
	for s.underway[h] != nil {
		h.id = newID()
	}
	octets, verifier := compose(h.id, t.zone.apex, t.soa, t.target.Key, now)
	m := &message{handle: h, task: t, verifier: verifier}
	t.peer.ready.Remove(t.ready)
	t.ready, t.message = nil, m
	s.underway[h] = m
	s.slots.take(m, now)
	s.waiting.place(t, t.pursuit.send(now))
	return datagram{m, octets, h.local, h.to}
}

// failed notes why a message could not be sent. It is as good as lost, and sent again when that is due.
func (s *Sender) failed(m *message, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.task.message == m {
		m.task.doubt = err
	}
}

// nextMoment is when the first of the slots, or of the answers, is not waited for any longer.
func (s *Sender) nextMoment() (at time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) > 0 {
		at, ok = s.waiting[0].due, true
	}
	if e := s.slots.held.Front(); e != nil {
		if until := e.Value.(*message).until; !ok || until.Before(at) {
			at, ok = until, true
		}
	}
	return at, ok
}
