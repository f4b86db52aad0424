package refresh

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// choose keeps account of the pinned primary after a round of SOA checks, and lists whom to fetch from.
func (c *cycle) choose(now time.Time) (candidates []primary.View, wait bool) {
	before := c.zone.pin
	c.remember()
	c.observe(before, now)
	candidates, wait = c.config.Ranking.Candidates(c.views, c.zone.pin, c.haveSerial(), now)
	if wait && c.zone.pin.Trouble.IsZero() {
		// RFC 1982 serials have no order as a whole: the pinned primary may be behind us and still not
		// behind the newest. It must not keep us waiting for ever.
		c.zone.pin.Trouble = before.Trouble
		if before.Trouble.IsZero() {
			c.zone.pin.Trouble = now
		}
		return c.config.Ranking.Candidates(c.views, c.zone.pin, c.haveSerial(), now)
	}
	return candidates, wait
}

// observe notes whether the pinned primary is well. That its SOA is the newest does not make it well while
// not all were heard, or while it does not give what it announces.
func (c *cycle) observe(before primary.Pin, now time.Time) {
	z := c.zone
	z.pin = before.Observe(c.views, now)
	z.heard = false
	for _, v := range c.views {
		if v.Addr != z.pin.Addr {
			continue
		}
		z.heard = v.Err == nil
		if v.Closed().Lasts(now) && z.broken.IsZero() {
			z.broken = v.Closed().Since // it is not tried first: nothing else would tell
		}
	}
	switch {
	case !z.pin.Trouble.IsZero():
	case c.cut():
		z.pin.Trouble = before.Trouble
	default:
		z.pin.Trouble = z.broken
	}
}

// fetchedFrom keeps account of the pinned primary after a transfer. One from the pinned primary itself says
// nothing of the others, so the only trouble that it ends is that of transfers.
func (c *cycle) fetchedFrom(addr netip.AddrPort, now time.Time) {
	z := c.zone
	switch {
	case z.pin.Addr != addr:
		z.pin = c.config.Ranking.Fetched(z.pin, addr, c.zone.Config().addrs(), now)
	case z.pin.Trouble.Equal(z.broken):
		z.pin.Trouble = time.Time{}
	}
	if z.pin.Addr == addr {
		z.broken = time.Time{}
		z.heard = true
	}
}

// saw notes the serial and the lease that a primary showed in a transfer. After a transfer without SOA checks, what was
// known of the other primaries stays.
func (c *cycle) saw(addr netip.AddrPort, s serial.Serial, granted time.Time) {
	if c.views == nil {
		known := slices.Clone(c.zone.Report().Primaries)
		c.views = slices.DeleteFunc(known, func(v primary.View) bool {
			_, ok := c.config.primaryAt(v.Addr)
			return !ok
		})
	}
	i := slices.IndexFunc(c.views, func(v primary.View) bool { return v.Addr == addr })
	if i < 0 {
		i = len(c.views)
		c.views = append(c.views, primary.View{Addr: addr})
	}
	c.views[i].Serial, c.views[i].Granted, c.views[i].Err = s, granted, nil
	c.inOrder(c.views)
}

// inOrder sorts views as the primaries are configured.
func (c *cycle) inOrder(views []primary.View) {
	order := c.config.addrs()
	slices.SortStableFunc(views, func(a, b primary.View) int {
		return cmp.Compare(slices.Index(order, a.Addr), slices.Index(order, b.Addr))
	})
}
