package secondaryplus

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// readyWait is how long a zone that was never loaded keeps the process from becoming ready: a primary that
	// is down for good must not keep all other zones from being used.
	readyWait = 30 * time.Second
	// readyAge is how long what was found holds. Whoever asks, and however often, does not make the process
	// look at each of very many zones all the time.
	readyAge = time.Second
)

// readiness is what was found last.
type readiness struct {
	mu    sync.Mutex
	found time.Time // when it was found; zero: never
	now   bool
	once  bool // the process has been ready

	drained atomic.Bool // by order
}

// ready says whether the process should get queries. It does not while it is drained by order. Else it becomes ready when every zone has data or was waited
// for long enough. From then on it is ready unless more than half of its zones cannot be answered: that
// primaries fail is what a secondary is for, and no reason to take it away.
func (e *engine) ready() bool {
	r := &e.readiness
	if r.drained.Load() {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.found.IsZero() || now.Sub(r.found) >= readyAge {
		r.once = r.once || e.loaded(now)
		r.now = r.once && e.mostAnswer()
		r.found = now
	}
	return r.now
}

// loaded says whether every zone of the process has data, or was waited for long enough.
func (e *engine) loaded(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range e.members {
		if m.zone.Current() == nil && now.Sub(m.since) < readyWait {
			return false
		}
	}
	return true
}

// mostAnswer says whether half of the zones or more can be answered.
func (e *engine) mostAnswer() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	answerable, all := 0, 0
	for _, m := range e.members {
		s := m.source().state
		if s == stateUnloaded && m.origin.fromCatalog() {
			continue // a catalog may list very many new zones at any time
		}
		all++
		if s.answerable() {
			answerable++
		}
	}
	return 2*answerable >= all
}
