package serialguard

import (
	"slices"
	"sync"

	"github.com/understudy-dns/understudy/plugin/corefile"
)

// watches are those of the process, with what they have seen, which outlives reloads. On a reload the new instances
// start before the old ones end, but a zone is watched by one of them at a time: what the new ones serve may differ from
// what the old ones still do. So the new ones wait, until no watch of another Corefile runs.
type watches struct {
	mu               sync.Mutex
	running, waiting []*watch
	seen             map[place]*seen
	runs             func(*corefile.Corefile) bool // whether a Corefile is one of CoreDNS's
}

// A place is a zone of a server block.
type place struct{ server, zone string }

var watching = newWatches()

func newWatches() *watches {
	return &watches{seen: make(map[place]*seen), runs: (*corefile.Corefile).Runs}
}

// attach has a watch started as soon as it may be.
func (p *watches) attach(w *watch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, z := range w.zones {
		at := place{w.place, z.name}
		if p.seen[at] == nil {
			p.seen[at] = new(seen)
		}
		z.seen = p.seen[at]
	}
	p.waiting = append(p.waiting, w)
	p.settle()
}

// detach ends a watch. It may have been ended before.
func (p *watches) detach(w *watch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(func(other *watch) bool { return other == w })
	p.settle()
}

// failed is called when a restart has failed: that ends the watches of whichever Corefile is not CoreDNS's any more.
func (p *watches) failed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
}

// settle ends what is left of Corefiles that are none of CoreDNS's: nobody is told when the first one with a watch fails
// to start. Then it starts what need not wait, and forgets zones that nobody watches any more.
func (p *watches) settle() {
	p.end(func(w *watch) bool { return !p.runs(w.of) })
	for _, w := range slices.Clone(p.waiting) {
		if slices.ContainsFunc(p.running, func(other *watch) bool { return other.of != w.of }) {
			continue
		}
		p.waiting = slices.DeleteFunc(p.waiting, func(other *watch) bool { return other == w })
		p.running = append(p.running, w)
		w.start()
	}
	p.forget()
}

// end ends watches, and waits for that.
func (p *watches) end(over func(*watch) bool) {
	p.waiting = slices.DeleteFunc(p.waiting, over)
	p.running = slices.DeleteFunc(p.running, func(w *watch) bool {
		if !over(w) {
			return false
		}
		w.stop()
		return true
	})
}

func (p *watches) forget() {
	kept := make(map[place]*seen)
	for _, w := range slices.Concat(p.running, p.waiting) {
		for _, z := range w.zones {
			kept[place{w.place, z.name}] = z.seen
		}
	}
	p.seen = kept
}
