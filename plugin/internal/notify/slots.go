package notify

import (
	"container/list"
	"time"
)

// Of the messages under way at most inFlight hold a slot, perPeer to one peer: their answers, and the messages
// themselves at the peer, fit into a socket's default buffer. A slot is given back with the answer, or after
// holding. Without slots of their own for silent peers, enough dead targets would take them all.
const (
	inFlight  = 256
	forSilent = inFlight / 2
	perPeer   = 64
	holding   = 250 * time.Millisecond
)

// slots are the slots that are taken, and the peers with messages to send, in their turn.
type slots struct {
	held           list.List // of *message, the one that is to be given back first comes first
	heldBySilent   int
	prompt, silent list.List // of *peer
}

// next takes the peer whose turn it is, nil when there is none or no slot for it.
func (s *slots) next() *peer {
	switch {
	case s.held.Len() >= inFlight:
		return nil
	case s.prompt.Len() > 0:
		return s.prompt.Front().Value.(*peer)
	case s.silent.Len() > 0 && s.heldBySilent < forSilent:
		return s.silent.Front().Value.(*peer)
	}
	return nil
}

// place puts a peer where it waits for its turn, if it has something to send and may; else takes it away.
func (s *slots) place(p *peer) {
	var queue *list.List
	switch {
	case p.ready.Len() == 0 || p.held >= perPeer:
	case p.silent:
		queue = &s.silent
	default:
		queue = &s.prompt
	}
	if queue == p.queue {
		return
	}
	if p.queue != nil {
		p.queue.Remove(p.turn)
	}
	p.queue, p.turn = queue, nil
	if queue != nil {
		p.turn = queue.PushBack(p)
	}
}

// take gives a message a slot, and its peer's turn is over.
func (s *slots) take(m *message, now time.Time) {
	p := m.task.peer
	m.slot, m.until, m.silent = s.held.PushBack(m), now.Add(holding), p.silent
	p.held++
	if m.silent {
		s.heldBySilent++
	}
	if p.queue != nil {
		p.queue.MoveToBack(p.turn)
	}
	s.place(p)
}

// release gives a message's slot back.
func (s *slots) release(m *message) {
	if m.slot == nil {
		return
	}
	s.held.Remove(m.slot)
	m.slot = nil
	m.task.peer.held--
	if m.silent {
		s.heldBySilent--
	}
	s.place(m.task.peer)
}

// overdue gives back the slots that were held for long enough: their peers are silent.
func (s *slots) overdue(now time.Time) {
	for e := s.held.Front(); e != nil && !e.Value.(*message).until.After(now); e = s.held.Front() {
		m := e.Value.(*message)
		m.task.peer.silent = true
		s.release(m)
	}
}

// heard says that a peer has answered.
func (s *slots) heard(p *peer) {
	p.silent = false
	s.place(p)
}
