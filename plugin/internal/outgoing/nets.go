package outgoing

import (
	"sync"
	"sync/atomic"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Nets are the net changes that lead to the version of one zone, so that many secondaries that are behind cost no more
// than one. They are made when they are asked for, and belong to the last Delta. The zero Nets has none.
type Nets struct{ current atomic.Pointer[nets] }

// Drop forgets them: there is another version.
func (n *Nets) Drop() { n.current.Store(nil) }

type nets struct {
	last *zone.Delta
	room int // octets: those of all Deltas that are kept

	mu     sync.Mutex
	octets int
	by     map[serial.Serial]*net // where they begin
}

// A net is made once, by the first who asks; others wait for it.
type net struct {
	once  sync.Once
	delta *zone.Delta
	err   error
}

// condense is the net change of p's Deltas from the i-th on.
func (n *Nets) condense(p zone.Published, i int) (*zone.Delta, error) {
	chain := p.Deltas[i:]
	if n == nil || len(chain) == 1 {
		return zone.Condense(chain)
	}
	of := n.of(p.Deltas)
	c := of.begin(chain[0].From.Serial)
	c.once.Do(func() {
		d, err := zone.Condense(chain)
		of.made(chain[0].From.Serial, c, d, err)
	})
	return c.delta, c.err
}

func (n *Nets) of(deltas []*zone.Delta) *nets {
	last := deltas[len(deltas)-1]
	was := n.current.Load()
	if was != nil && was.last == last {
		return was
	}
	of := &nets{last: last, by: make(map[serial.Serial]*net)}
	for _, d := range deltas {
		of.room += d.Octets()
	}
	n.current.CompareAndSwap(was, of) // else others ask for those of another version at this moment
	return of
}

func (of *nets) begin(at serial.Serial) *net {
	of.mu.Lock()
	defer of.mu.Unlock()
	c := of.by[at]
	if c == nil {
		c = new(net)
		of.by[at] = c
	}
	return c
}

// made keeps a net. Where there is no room for all, any of the others goes.
func (of *nets) made(at serial.Serial, c *net, d *zone.Delta, err error) {
	of.mu.Lock()
	defer of.mu.Unlock()
	if c.delta, c.err = d, err; err != nil {
		return
	}
	of.octets += d.Octets()
	for other, c := range of.by {
		if of.octets <= of.room {
			return
		}
		if other != at && c.delta != nil {
			of.octets -= c.delta.Octets()
			delete(of.by, other)
		}
	}
}
