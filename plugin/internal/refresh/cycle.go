package refresh

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A cycle is one refresh of one zone, from the first question to the publication.
type cycle struct {
	zone    *Zone
	config  *Config
	request request
	slots   *slots

	have  *zone.Version
	views []primary.View
	errs  []error
}

// run tries everything that may bring the zone up to date, in this order: an IXFR from the primary that
// sent a NOTIFY, whose first SOA is the check (RFC 1996 §3.11); then SOA checks of all primaries and a
// transfer from the best one that is newer; then from the next best.
func (c *cycle) run(ctx context.Context) Outcome {
	c.have = c.zone.data.Current()
	o := Outcome{Result: Failed, Had: c.have != nil}
	if c.have != nil {
		o.Old = c.have.Serial()
	}
	if p, ok := c.notifier(); ok && c.fetch(ctx, p, nil, &o) {
		return c.ended(o)
	}
	c.views = c.probe(ctx)
	c.zone.pin = c.zone.pin.Observe(c.views, time.Now())
	candidates, wait := primary.Candidates(c.views, c.zone.pin, c.haveSerial(), time.Now())
	for _, v := range candidates {
		if p, ok := c.config.primaryAt(v.Addr); ok && ctx.Err() == nil && c.fetch(ctx, p, &v.Serial, &o) {
			return c.ended(o)
		}
	}
	if len(candidates) == 0 {
		o.Result, o.Primary = c.unchanged(wait)
	}
	return c.ended(o)
}

func (c *cycle) ended(o Outcome) Outcome {
	o.Errs = c.errs
	if c.request.reason == Notified && o.Result != Updated {
		c.zone.fruitless++
	} else {
		c.zone.fruitless = 0
	}
	return o
}

// notifier is the primary that sent the NOTIFY, when it may be asked for an IXFR at once: our version came
// from it, and it is the one the zone stays with.
func (c *cycle) notifier() (xfr.Primary, bool) {
	if c.request.reason != Notified || c.have == nil || !c.config.IXFR {
		return xfr.Primary{}, false
	}
	p, ok := c.config.primaryAt(c.zone.source)
	from := c.request.hint.From
	return p, ok && p.Addr.Addr().Unmap() == from.Unmap() && p.Addr == c.zone.pin.Addr
}

func (c *cycle) haveSerial() *serial.Serial {
	if c.have == nil {
		return nil
	}
	s := c.have.Serial()
	return &s
}

// unchanged is the result when no primary is to be fetched from.
func (c *cycle) unchanged(wait bool) (Result, netip.AddrPort) {
	answered := false
	for _, v := range c.views {
		if v.Err != nil {
			continue
		}
		answered = true
		if c.have != nil && v.Serial == c.have.Serial() {
			if wait {
				return Waiting, v.Addr
			}
			return Current, v.Addr
		}
	}
	if answered {
		return Behind, netip.AddrPort{}
	}
	return Failed, netip.AddrPort{}
}

// probe asks all primaries for their SOA at once. Once it is known where to fetch from, slow ones are not
// waited for any longer.
func (c *cycle) probe(ctx context.Context) []primary.View {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan primary.View, len(c.config.Primaries))
	for _, p := range c.config.Primaries {
		go func() { results <- c.ask(ctx, p) }()
	}
	views := make([]primary.View, 0, len(c.config.Primaries))
	for range c.config.Primaries {
		views = append(views, <-results)
		switch c.known(views) {
		case sure:
			cancel()
		case likely:
			stop := time.AfterFunc(newestGrace, cancel)
			defer stop.Stop()
		}
	}
	slices.SortStableFunc(views, func(a, b primary.View) int {
		return c.position(a.Addr) - c.position(b.Addr)
	})
	for _, v := range views {
		if v.Err != nil && !errors.Is(v.Err, errNotAwaited) {
			c.errs = append(c.errs, v.Err)
		}
	}
	return views
}

// errNotAwaited says that a SOA check was given up because another primary was newer and quicker.
var errNotAwaited = errors.New("not waited for")

// newestGrace is how long slower primaries may take to show a newer serial than the first newer one.
const newestGrace = 250 * time.Millisecond

type certainty uint8

const (
	unknown certainty = iota
	likely            // somebody is newer, and the pinned primary has nothing to say against it
	sure              // the pinned primary is newer
)

// known is what the answers so far say about where to fetch from. A pinned primary that was well in the
// last round is always waited for: nobody else can take its place before.
func (c *cycle) known(views []primary.View) certainty {
	pin := c.zone.pin
	_, configured := c.config.primaryAt(pin.Addr)
	awaited := configured && pin.Trouble.IsZero()
	best := unknown
	for _, v := range views {
		newer := v.Err == nil && c.newer(v.Serial)
		if v.Addr == pin.Addr {
			if newer {
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
	v.Serial, v.RTT = probed.SOA.Serial, probed.RTT
	return v
}

func (c *cycle) position(addr netip.AddrPort) int { return slices.Index(c.config.addrs(), addr) }

func (c *cycle) newer(s serial.Serial) bool { return c.have == nil || s.Newer(c.have.Serial()) }

// fetch transfers from p and publishes. It says whether the refresh has come to its end. announced is the
// serial of the SOA check, nil when there was none.
func (c *cycle) fetch(ctx context.Context, p xfr.Primary, announced *serial.Serial, o *Outcome) bool {
	release, err := c.slots.acquire(ctx, p.Addr.Addr())
	if err != nil {
		return false
	}
	defer release()
	// Deltas of another primary are trusted only after a whole zone came from it: two primaries may have
	// different data at the same serial.
	opts := xfr.Options{IXFR: c.config.IXFR && p.Addr == c.zone.source}
	fetched, err := c.config.Fetcher.Fetch(ctx, c.zone.apex, p, c.have, opts)
	if err == nil {
		err = c.check(fetched, announced)
	}
	if err != nil {
		c.errs = append(c.errs, err)
		return false
	}
	if fetched.FellBack != nil {
		c.errs = append(c.errs, fetched.FellBack)
	}
	if fetched.Version == nil {
		return c.proved(p, announced, o)
	}
	c.zone.data.Publish(fetched.Version)
	c.zone.source = p.Addr
	c.zone.pin = c.zone.pin.Fetched(p.Addr, c.config.addrs(), time.Now())
	o.Result, o.Primary, o.Fetched = Updated, p.Addr, fetched
	return true
}

// proved ends a refresh in which the notifier has what we have, unless its NOTIFY spoke of something newer
// or other primaries are still to be asked.
func (c *cycle) proved(p xfr.Primary, announced *serial.Serial, o *Outcome) bool {
	h := c.request.hint
	promised := h.HasSerial && h.Serial != c.have.Serial()
	if announced == nil && (promised || len(c.config.Primaries) > 1) {
		return false
	}
	o.Result, o.Primary = Current, p.Addr
	return true
}

// check is what must hold of every candidate before it is published, with or without serialguard.
func (c *cycle) check(f xfr.Fetched, announced *serial.Serial) error {
	if f.Version == nil {
		return nil
	}
	if announced != nil && announced.Newer(f.Version.Serial()) {
		return fmt.Errorf("%w: serial %s was transferred, %s announced", xfr.ErrOlder, f.Version.Serial(), *announced)
	}
	return guard.Structure(c.have, f.Version)
}
