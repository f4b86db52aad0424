package journal

import "sync"

// A sharedSync lets those that wait for the same thing to become durable wait for one sync: a first save of many
// zones would sync the directory once for each otherwise.
type sharedSync struct {
	sync func() error

	mu      sync.Mutex
	ended   *sync.Cond
	running bool
	next    *round // the one that has not begun; nil: nobody waits for one
}

// A round is one sync, for all who came before it began.
type round struct {
	done bool
	err  error
}

func newSharedSync(do func() error) *sharedSync {
	s := &sharedSync{sync: do}
	s.ended = sync.NewCond(&s.mu)
	return s
}

// wait returns when a sync that began after the call has ended, with its error.
func (s *sharedSync) wait() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = new(round)
	}
	r := s.next
	for !r.done {
		if s.running {
			s.ended.Wait()
			continue
		}
		s.running, s.next = true, nil
		s.mu.Unlock()
		err := s.sync()
		s.mu.Lock()
		s.running, r.done, r.err = false, true, err
		s.ended.Broadcast()
	}
	return r.err
}
