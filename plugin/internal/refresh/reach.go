package refresh

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// reach remembers, for the zones of the process, which primaries could not be reached. It decides who is
// tried first and who is waited for, never who is asked: a primary that is remembered is asked with all others.
//
// SOA checks and transfers are remembered apart, since a path may let UDP pass and not TCP.
type reach struct {
	mu   sync.Mutex
	lost map[netip.AddrPort]*primary.Outages
	gave map[netip.AddrPort]time.Time // when the last transfer succeeded, of those that may still matter
}

// mostLost bounds the primaries that are remembered.
const mostLost = 4096

func newReach() *reach {
	return &reach{lost: make(map[netip.AddrPort]*primary.Outages), gave: make(map[netip.AddrPort]time.Time)}
}

// gaveLately is how long a transfer shows that others from that primary will work.
const gaveLately = 10 * time.Second

// gives says whether a transfer from the primary has just succeeded.
func (r *reach) gives(addr netip.AddrPort, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.gave[addr]
	return ok && now.Sub(at) < gaveLately
}

// at is what is remembered of a primary.
func (r *reach) at(addr netip.AddrPort) primary.Outages {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := r.lost[addr]; o != nil {
		return *o
	}
	return primary.Outages{}
}

// checked takes the end of a SOA check.
func (r *reach) checked(v primary.View, now time.Time) {
	switch {
	case v.Err == nil:
		r.heard(v.Addr)
	case notAwaited(v), errors.Is(v.Err, xfr.ErrStopped), errors.Is(v.Err, xfr.ErrLocal):
	case errors.Is(v.Err, xfr.ErrTimeout), errors.Is(v.Err, xfr.ErrNetwork), errors.Is(v.Err, xfr.ErrConnect):
		r.note(v.Addr, now, func(o *primary.Outages) { o.Silent = o.Silent.Failed(now) })
	default:
		r.heard(v.Addr) // what it says may be no good, but it is an answer
	}
}

// fetched takes the end of a transfer.
func (r *reach) fetched(addr netip.AddrPort, err error, now time.Time) {
	r.gift(addr, err == nil, now)
	switch {
	case errors.Is(err, xfr.ErrConnect):
		r.note(addr, now, func(o *primary.Outages) { o.Closed = o.Closed.Failed(now) })
	case errors.Is(err, xfr.ErrStopped), errors.Is(err, xfr.ErrLocal), errors.Is(err, xfr.ErrTimeout), errors.Is(err, xfr.ErrNetwork):
	default:
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.lost, addr)
	}
}

// gift notes whether a transfer succeeded.
func (r *reach) gift(addr netip.AddrPort, ok bool, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !ok {
		delete(r.gave, addr)
		return
	}
	if len(r.gave) >= mostLost {
		clear(r.gave)
	}
	r.gave[addr] = now
}

// heard takes a sign of life: an answer to a SOA check, or a NOTIFY. After silence the primary has come
// back, and everything may work again. If it was never silent, the sign says nothing new of transfers.
func (r *reach) heard(addr netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := r.lost[addr]; o != nil && o.Silent.Failures > 0 {
		delete(r.lost, addr)
	}
}

func (r *reach) note(addr netip.AddrPort, now time.Time, change func(*primary.Outages)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.lost[addr]
	if o == nil {
		if len(r.lost) >= mostLost {
			r.makeRoom(now)
		}
		o = new(primary.Outages)
		r.lost[addr] = o
	}
	change(o)
}

// makeRoom forgets the primaries whose outages are over, or else any.
func (r *reach) makeRoom(now time.Time) {
	for addr, o := range r.lost {
		if !o.Silent.Lasts(now) && !o.Closed.Lasts(now) {
			delete(r.lost, addr)
		}
	}
	for addr := range r.lost {
		if len(r.lost) < mostLost {
			return
		}
		delete(r.lost, addr)
	}
}

// heardFrom ends what is remembered of the primaries of a zone at an address that sent a NOTIFY.
func (r *reach) heardFrom(c *Config, from netip.Addr) {
	from = from.Unmap().WithZone("")
	for _, p := range c.Primaries {
		if p.Addr.Addr().Unmap().WithZone("") == from {
			r.heard(p.Addr)
		}
	}
}

// remember puts what is remembered into the views, and what is known of the health of primaries.
func (c *cycle) remember() {
	for i := range c.views {
		c.views[i].Lost = nil
		if h := c.config.Health; h != nil {
			c.views[i].Health = h.Of(c.views[i].Addr)
		}
		if o := c.reach.at(c.views[i].Addr); o != (primary.Outages{}) {
			c.views[i].Lost = &o
		}
	}
}
