package corefile

import (
	"slices"
	"sync"
)

// A Worker does something as long as its instance of a plugin runs.
type Worker interface {
	comparable
	Corefile() *Corefile
	// Start has it begin, and Stop end, which Stop waits for.
	Start()
	Stop()
}

// Shifts has the workers of one Corefile work at a time. On a reload the new instances start before the old ones end, and
// what both have differs: the new workers wait until no worker of another Corefile works.
type Shifts[W Worker] struct {
	// Settled is told, after each change, who works or waits. It must not call Shifts.
	Settled func(all []W)

	mu               sync.Mutex
	working, waiting []W
	runs             func(*Corefile) bool
}

// NewShifts is one without workers. runs says whether a Corefile is one of CoreDNS's: (*Corefile).Runs.
func NewShifts[W Worker](runs func(*Corefile) bool, settled func(all []W)) *Shifts[W] {
	return &Shifts[W]{Settled: settled, runs: runs}
}

// Attach has a worker begin as soon as it may.
func (s *Shifts[W]) Attach(w W) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, w)
	s.settle()
}

// Detach ends a worker, and waits for that. It may not have begun, or have been ended before.
func (s *Shifts[W]) Detach(w W) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(func(other W) bool { return other == w })
	s.settle()
}

// Failed is called when a restart has failed: that ends the workers of whichever Corefile is none of CoreDNS's.
func (s *Shifts[W]) Failed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
}

// settle ends what is left of Corefiles that are none of CoreDNS's, for nobody is told when the first one with a worker
// fails to start, and starts who need not wait.
func (s *Shifts[W]) settle() {
	s.end(func(w W) bool { return !s.runs(w.Corefile()) })
	for _, w := range slices.Clone(s.waiting) {
		if slices.ContainsFunc(s.working, func(other W) bool { return other.Corefile() != w.Corefile() }) {
			continue
		}
		s.waiting = slices.DeleteFunc(s.waiting, func(other W) bool { return other == w })
		s.working = append(s.working, w)
		w.Start()
	}
	s.Settled(slices.Concat(s.working, s.waiting))
}

func (s *Shifts[W]) end(over func(W) bool) {
	s.waiting = slices.DeleteFunc(s.waiting, over)
	s.working = slices.DeleteFunc(s.working, func(w W) bool {
		if !over(w) {
			return false
		}
		w.Stop()
		return true
	})
}
