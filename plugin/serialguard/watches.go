package serialguard

import (
	"sync"

	"github.com/understudy-dns/understudy/plugin/corefile"
)

// watches are those of the process, with what they have seen, which outlives reloads. A zone is watched by one of them at a
// time: what the instances of a new Corefile serve may differ from what the old ones still do.
type watches struct {
	shifts *corefile.Shifts[*watch]

	mu   sync.Mutex
	seen map[place]*seen
}

// A place is a zone of a server block.
type place struct{ server, zone string }

var watching = newWatches((*corefile.Corefile).Runs)

func newWatches(runs func(*corefile.Corefile) bool) *watches {
	p := &watches{seen: make(map[place]*seen)}
	p.shifts = corefile.NewShifts(runs, p.forget)
	return p
}

// attach has a watch started as soon as it may be, with what was seen before.
func (p *watches) attach(w *watch) {
	p.mu.Lock()
	for _, z := range w.zones {
		at := place{w.place, z.name}
		if p.seen[at] == nil {
			p.seen[at] = new(seen)
		}
		z.seen = p.seen[at]
	}
	p.mu.Unlock()
	p.shifts.Attach(w)
}

// forget forgets zones that nobody watches any more.
func (p *watches) forget(left []*watch) {
	kept := make(map[place]*seen)
	for _, w := range left {
		for _, z := range w.zones {
			kept[place{w.place, z.name}] = z.seen
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = kept
}
