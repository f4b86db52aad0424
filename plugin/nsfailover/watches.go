package nsfailover

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
)

// watches are those of the process, with what they know of zones, which outlives reloads. On a reload the new instances
// start before the old ones end. A zone is watched by one of them at a time: the new ones wait until no watch of another
// Corefile runs.
type watches struct {
	mu               sync.Mutex
	running, waiting []*watch
	runs             func(*corefile.Corefile) bool // whether a Corefile is one of CoreDNS's

	known sync.Mutex // taken inside mu, for a moment
	all   map[watchPlace]*watchedZone
	past  map[watchPlace]nswatch.History // of zones that are not watched now

	changes atomic.Uint64 // of histories
	saved   savedHistory
}

// A watchPlace is a zone of a server block.
type watchPlace struct{ place, zone string }

var watching = newWatches()

func newWatches() *watches {
	return &watches{
		runs: (*corefile.Corefile).Runs, all: make(map[watchPlace]*watchedZone), past: make(map[watchPlace]nswatch.History),
	}
}

// attach has a watch started as soon as it may be.
func (p *watches) attach(w *watch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, w)
	p.settle()
}

// detach ends a watch, and waits for that. It may not have begun.
func (p *watches) detach(w *watch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(func(other *watch) bool { return other == w })
	p.settle()
}

// failed is called when a restart has failed: that ends the watches of whichever Corefile is none of CoreDNS's.
func (p *watches) failed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
}

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

// forget forgets the zones of server blocks that nobody watches any more.
func (p *watches) forget() {
	kept := make(map[string]bool)
	for _, w := range slices.Concat(p.running, p.waiting) {
		kept[w.place] = true
	}
	p.known.Lock()
	defer p.known.Unlock()
	for at, z := range p.all {
		if !kept[at.place] {
			p.lose(at, z)
		}
	}
}

// zones are what is known of the zones of a watch, and nothing yet of those that are new. What is known of others that it
// had is forgotten.
func (p *watches) zones(w *watch, list map[string]watchedApex) map[string]*watchedZone {
	p.known.Lock()
	defer p.known.Unlock()
	have := make(map[string]*watchedZone, len(list))
	for name, a := range list {
		at := watchPlace{w.place, name}
		if p.all[at] == nil {
			p.all[at] = newWatchedZone(a.apex, w.server, p.past[at], &p.changes)
			delete(p.past, at)
		}
		p.all[at].configure(a.stanza)
		have[name] = p.all[at]
	}
	if w.zones == nil { // those of the instance before
		p.forgetBut(have, w.place)
	}
	for name, z := range w.zones {
		if have[name] == nil {
			p.lose(watchPlace{w.place, name}, z)
		}
	}
	return have
}

func (p *watches) forgetBut(have map[string]*watchedZone, place string) {
	for at, z := range p.all {
		if at.place == place && have[at.zone] == nil {
			p.lose(at, z)
		}
	}
}

// lose takes away a zone that is not watched any more. Its history stays: the process may end, or the zone come back.
func (p *watches) lose(at watchPlace, z *watchedZone) {
	delete(p.all, at)
	z.forgotten()
	if len(p.past) < mostPast {
		p.past[at] = z.serials()
	}
}

// list are all zones that are watched, by name.
func (p *watches) list() (list []*watchedZone) {
	p.known.Lock()
	defer p.known.Unlock()
	for _, z := range p.all {
		list = append(list, z)
	}
	slices.SortFunc(list, func(a, b *watchedZone) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.server, b.server))
	})
	return list
}
