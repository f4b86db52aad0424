package refresh

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// probe asks all primaries for their SOA at once. Once it is known where to fetch from, slow ones are not
// waited for any longer, nor are those that are remembered as silent once all others have answered; a patient
// probe asks those again, and waits.
func (c *cycle) probe(ctx context.Context, patient bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan primary.View, len(c.config.Primaries))
	c.views = slices.DeleteFunc(c.views, notAwaited)
	asked, begun := 0, time.Now()
	var silent []netip.AddrPort // of those asked
	for _, p := range c.config.Primaries {
		if !slices.ContainsFunc(c.views, func(v primary.View) bool { return v.Addr == p.Addr }) {
			asked++
			if c.reach.at(p.Addr).Silent.Lasts(begun) {
				silent = append(silent, p.Addr)
			}
			go func() { results <- c.ask(ctx, p) }()
		}
	}
	best, awaited := unknown, asked-len(silent)
	for range asked {
		v := <-results
		c.reach.checked(v, time.Now())
		c.checked(v.Addr, v.Err)
		if !slices.Contains(silent, v.Addr) {
			awaited--
		}
		if v.Err != nil && !notAwaited(v) {
			c.errs = append(c.errs, v.Err)
		}
		c.views = append(c.views, v)
		was := best
		if best = c.known(awaited > 0, time.Now()); best == was || patient {
			continue
		}
		switch best {
		case sure:
			cancel()
		case likely:
			defer time.AfterFunc(newestGrace, cancel).Stop()
		}
	}
	c.inOrder(c.views)
}

// cut says that not all primaries were waited for.
func (c *cycle) cut() bool { return slices.ContainsFunc(c.views, notAwaited) }

func notAwaited(v primary.View) bool { return errors.Is(v.Err, errNotAwaited) }

// errNotAwaited says that a SOA check was given up because another primary was newer and quicker.
var errNotAwaited = errors.New("not waited for")

// newestGrace is how long slower primaries may take to show a newer serial than the first newer one.
const newestGrace = 250 * time.Millisecond

type certainty uint8

const (
	unknown certainty = iota
	likely            // somebody is newer, and the pinned primary has nothing to say against it; or: see known
	sure              // the pinned primary is newer, was well in the last round, and can be connected to; or: see known
)

// known is what the answers so far say about where to fetch from. A pinned primary that answered in the
// last round is waited for: nobody else can take its place before its trouble has lasted too long. But once only
// those are missing that are remembered as silent, it is sure where to fetch from if anybody is newer, and
// likely that there is nothing to fetch if somebody has our version.
func (c *cycle) known(awaiting bool, now time.Time) certainty {
	if !awaiting {
		return c.knownWithoutSilent()
	}
	pin := c.zone.pin
	_, configured := c.config.primaryAt(pin.Addr)
	pinned := configured && !c.config.Ranking.Worn(pin, now)
	awaited := pinned && c.zone.heard
	best := unknown
	for _, v := range c.views {
		newer := v.Err == nil && c.newer(v.Serial)
		if pinned && v.Addr == pin.Addr {
			if newer && pin.Trouble.IsZero() && !c.reach.at(pin.Addr).Closed.Lasts(now) {
				return sure
			}
			awaited = false
		}
		if newer {
			best = likely
		}
	}
	if awaited {
		return unknown
	}
	return best
}

func (c *cycle) knownWithoutSilent() certainty {
	switch {
	case slices.ContainsFunc(c.views, func(v primary.View) bool { return v.Err == nil && c.newer(v.Serial) }):
		return sure
	case c.proved():
		return likely
	}
	return unknown
}

func (c *cycle) ask(ctx context.Context, p xfr.Primary) primary.View {
	v := primary.View{Addr: p.Addr}
	probed, err := c.config.Fetcher.Probe(ctx, c.zone.apex, p)
	if err != nil {
		v.Err = err
		if ctx.Err() != nil {
			v.Err = fmt.Errorf("%w: %w", errNotAwaited, err)
		}
		return v
	}
	v.Serial, v.RTT, v.Granted = probed.SOA.Serial, probed.RTT, probed.Granted
	return v
}

func (c *cycle) newer(s serial.Serial) bool { return c.have == nil || s.Newer(c.have.Serial()) }
