package nsfailover

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
)

// watches are those of the process, with what they know of zones, which outlives reloads. A zone is watched by one of them
// at a time.
type watches struct {
	shifts *corefile.Shifts[*watch]

	known sync.Mutex
	all   map[watchPlace]*watchedZone
	past  map[watchPlace]nswatch.History // of zones that are not watched now

	changes atomic.Uint64 // of histories
	saved   savedHistory
}

// A watchPlace is a zone of a server block.
type watchPlace struct{ place, zone string }

var watching = newWatches()

func newWatches() *watches {
	p := &watches{all: make(map[watchPlace]*watchedZone), past: make(map[watchPlace]nswatch.History)}
	p.shifts = corefile.NewShifts((*corefile.Corefile).Runs, p.forget)
	return p
}

// forget forgets the zones of server blocks that nobody watches any more.
func (p *watches) forget(left []*watch) {
	kept := make(map[string]bool)
	for _, w := range left {
		kept[w.server] = true
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
		at := watchPlace{w.server, name}
		if p.all[at] == nil {
			p.all[at] = newWatchedZone(a.apex, w.server, p.past[at], &p.changes)
			delete(p.past, at)
		}
		p.all[at].configure(a.stanza)
		have[name] = p.all[at]
	}
	if w.zones == nil { // those of the instance before
		p.forgetBut(have, w.server)
	}
	for name, z := range w.zones {
		if have[name] == nil {
			p.lose(watchPlace{w.server, name}, z)
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
