package journal

import (
	"sync"
	"time"
)

// A pace leaves others their part of the disk while a large file is written: after each piece the writer rests for as
// long as that took. Small zones are written in one piece.
type pace struct {
	mu      sync.Mutex
	hurried int
	hurry   chan struct{} // closed when the rest is over; nil: nobody rests
}

// longestRest is what a piece may be followed by, however slow the disk.
const longestRest = 250 * time.Millisecond

func (p *pace) rest(worked time.Duration) {
	if hurry := p.begin(); hurry != nil {
		select {
		case <-time.After(min(worked, longestRest)):
		case <-hurry:
		}
	}
}

// begin is nil when there is no time for a rest.
func (p *pace) begin() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hurried > 0 {
		return nil
	}
	if p.hurry == nil {
		p.hurry = make(chan struct{})
	}
	return p.hurry
}

// Hurry says that somebody waits for what is being saved: until done, there are no rests between the pieces of a
// large zone.
func (s *Store) Hurry() (done func()) {
	p := &s.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hurried++; p.hurry != nil {
		close(p.hurry)
		p.hurry = nil
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.hurried--
	}
}
