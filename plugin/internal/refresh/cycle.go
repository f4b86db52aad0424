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
	places  *places // the cycle has a place when it begins, and none when it ends
	slots   *slots
	reach   *reach

	have  *zone.Version
	views []primary.View
	tried []netip.AddrPort // what they announced was asked for
	equal primary.View     // of the notifier, when it turned out to have our version
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
	if c.forced() {
		c.whole(ctx, &o)
		return o
	}
	if p, ok := c.notifier(); ok {
		if release, ok := c.slots.try(p.Addr.Addr()); ok {
			c.places.leave()
			ended := c.fetch(ctx, p, nil, &o)
			release()
			if ended || c.places.enter(ctx) != nil {
				return o
			}
		}
	}
	c.rounds(ctx, &o)
	return o
}

// rounds asks all primaries and fetches from one that is newer. If none of those gives its version, the
// primaries that were not waited for get the time they need.
func (c *cycle) rounds(ctx context.Context, o *Outcome) {
	for patient := false; ; patient = true {
		c.probe(ctx, patient)
		c.places.leave()
		if ctx.Err() != nil {
			return
		}
		candidates, wait := c.choose(time.Now())
		if len(candidates) == 0 {
			o.Result, o.Primary = c.unchanged(wait)
			return
		}
		if c.fetchBest(ctx, candidates, o) || !c.cut() || c.places.enter(ctx) != nil {
			return
		}
	}
}

// fetchBest tries the candidates in order, except those that were tried before. It says whether the refresh
// has come to its end.
func (c *cycle) fetchBest(ctx context.Context, candidates []primary.View, o *Outcome) (ended bool) {
	for i, v := range candidates {
		p, ok := c.config.primaryAt(v.Addr)
		if !ok || slices.Contains(c.tried, v.Addr) {
			continue
		}
		c.tried = append(c.tried, v.Addr)
		if c.attempt(ctx, p, v.Serial, i == len(candidates)-1, o) {
			return true
		}
	}
	return false
}

// notifier is the primary that sent the NOTIFY, when it may be asked for an IXFR at once: our version came
// from it, and it is the one the zone stays with. While that one is in trouble, or transfers cannot connect to
// it, all are asked instead.
func (c *cycle) notifier() (xfr.Primary, bool) {
	if c.request.reason != Notified || c.have == nil || !c.config.IXFR {
		return xfr.Primary{}, false
	}
	p, ok := c.config.primaryAt(c.zone.source)
	if ok && c.reach.at(p.Addr).closed.Lasts(time.Now()) {
		return xfr.Primary{}, false
	}
	from := c.request.hint.From.Unmap().WithZone("")
	return p, ok && p.Addr.Addr().Unmap().WithZone("") == from && c.zone.pin == primary.Pin{Addr: p.Addr}
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
	if wait {
		return Waiting, c.zone.pin.Addr
	}
	same := slices.IndexFunc(c.views, c.same)
	switch {
	case same >= 0:
		return Current, c.views[same].Addr
	case c.same(c.equal):
		return Current, c.equal.Addr
	case slices.ContainsFunc(c.views, func(v primary.View) bool { return v.Err == nil }):
		return Behind, netip.AddrPort{}
	}
	return Failed, netip.AddrPort{}
}

func (c *cycle) same(v primary.View) bool {
	return v.Addr.IsValid() && v.Err == nil && c.have != nil && v.Serial == c.have.Serial()
}

// proved says that a primary has the version with which the cycle began.
func (c *cycle) proved() bool { return c.same(c.equal) || slices.ContainsFunc(c.views, c.same) }

// slotPatience is how long a zone waits for a slot of one primary while there is another one to try.
const slotPatience = primary.Tolerance

var errNoSlot = errors.New("no transfer slot became free in time")

// attempt waits for a slot and transfers. It says whether the refresh has come to its end.
func (c *cycle) attempt(ctx context.Context, p xfr.Primary, announced serial.Serial, last bool, o *Outcome) (ended bool) {
	patience := ctx
	if !last {
		limited, cancel := context.WithTimeoutCause(ctx, slotPatience, errNoSlot)
		defer cancel()
		patience = limited
	}
	release, err := c.slots.acquire(patience, p.Addr.Addr())
	if err != nil {
		c.errs = append(c.errs, fmt.Errorf("%s: %w", p.Addr, err))
		return ctx.Err() != nil
	}
	defer release()
	return c.fetch(ctx, p, &announced, o)
}

// fetch transfers from p and publishes. It says whether the refresh has come to its end. announced is the
// serial of the SOA check, nil when there was none.
func (c *cycle) fetch(ctx context.Context, p xfr.Primary, announced *serial.Serial, o *Outcome) (ended bool) {
	// Deltas of another primary are trusted only after a whole zone came from it: two primaries may have
	// different data at the same serial.
	opts := xfr.Options{IXFR: c.config.IXFR && p.Addr == c.zone.source, Force: c.forced()}
	fetched, err := c.transfer(ctx, p, announced, opts)
	if errors.Is(err, guard.ErrDigest) && fetched.How == xfr.ByIXFR {
		// Deltas that do not lead to the zone that its digest was made for are no deltas of it.
		c.errs = append(c.errs, err)
		opts.IXFR = false
		fetched, err = c.transfer(ctx, p, announced, opts)
	}
	if err != nil {
		c.errs = append(c.errs, err)
		// A primary that was taken away means that this cycle follows an old configuration.
		later := xfr.Next(err) == xfr.Later || errors.Is(err, errRemoved)
		if p.Addr == c.zone.pin.Addr && announced != nil && !later && c.zone.broken.IsZero() {
			c.zone.broken = time.Now()
		}
		return later
	}
	if fetched.Version == nil {
		return c.alone(p, fetched, o)
	}
	if announced != nil && fetched.Granted.IsZero() {
		fetched.Granted = c.grantedBy(p) // it told so in the SOA check
	}
	c.zone.data.Publish(fetched.Version, fetched.Delta, c.config.Room)
	c.zone.source = p.Addr
	c.fetchedFrom(p.Addr, time.Now())
	c.saw(p.Addr, fetched.Version.Serial(), fetched.Granted)
	o.Result, o.Primary, o.Fetched = Updated, p.Addr, fetched
	return true
}

// transfer fetches from p, and judges what came.
func (c *cycle) transfer(ctx context.Context, p xfr.Primary, announced *serial.Serial, o xfr.Options) (xfr.Fetched, error) {
	fetched, err := c.config.Fetcher.Fetch(ctx, c.zone.apex, p, c.have, o)
	c.reach.fetched(p.Addr, err, time.Now())
	if fetched.FellBack != nil {
		c.errs = append(c.errs, fetched.FellBack)
	}
	if err == nil {
		err = c.check(p, fetched, announced)
	}
	return fetched, err
}

// alone ends a refresh in which the notifier has what we have, unless its NOTIFY spoke of something newer
// or there are other primaries to ask.
func (c *cycle) alone(p xfr.Primary, f xfr.Fetched, o *Outcome) (ended bool) {
	c.equal = primary.View{Addr: p.Addr, Serial: c.have.Serial(), Granted: f.Granted}
	h := c.request.hint
	if h.HasSerial && h.Serial != c.have.Serial() || len(c.config.Primaries) > 1 {
		return false
	}
	c.saw(p.Addr, c.have.Serial(), f.Granted)
	o.Result, o.Primary = Current, p.Addr
	return true
}

// errRemoved says that what was transferred came from an address that is no primary of the zone any more.
var errRemoved = errors.New("no longer a primary of the zone")

// check is what must hold of every candidate before it is published, with or without serialguard.
func (c *cycle) check(p xfr.Primary, f xfr.Fetched, announced *serial.Serial) error {
	if _, ok := c.zone.Config().primaryAt(p.Addr); !ok {
		return fmt.Errorf("%s: %w", p.Addr, errRemoved)
	}
	if c.forced() && f.Version != nil {
		return c.config.Rules.Judge(guard.Candidate{Old: c.have, Version: f.Version, Delta: f.Delta, Forced: true})
	}
	got := c.have
	if f.Version != nil {
		got = f.Version
	}
	if announced != nil && announced.Newer(got.Serial()) {
		return fmt.Errorf("%s: %w: serial %s was transferred, %s announced", p.Addr, xfr.ErrOlder, got.Serial(), *announced)
	}
	if f.Version == nil {
		return nil
	}
	return c.config.Rules.Judge(guard.Candidate{Old: c.have, Version: f.Version, Delta: f.Delta})
}
