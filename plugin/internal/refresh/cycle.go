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

// A cycle is one refresh of one zone, from the first question to the publication. While it waits for a slot it has no
// goroutine: see park.
type cycle struct {
	zone    *Zone
	config  *Config
	request request
	places  *places // the cycle has a place when it begins, and none when it ends or waits for a slot
	slots   *slots
	reach   *reach
	spare   func(stop context.CancelFunc) // see Scheduler.spare
	begun   time.Time
	outcome Outcome

	have       *zone.Version
	views      []primary.View
	candidates []candidate      // who is to be fetched from, the best first
	unchecked  bool             // the candidate was not asked for its SOA
	patient    bool             // slow primaries are waited for
	tried      []netip.AddrPort // what they announced was asked for
	equal      primary.View     // of the notifier, when it turned out to have our version
	errs       []error

	advice   Advice          // of the gate
	ruled    time.Time       // when it was asked to rule about a version last, before the witnesses were asked
	adopting bool            // what is not newer is to be taken
	allowed  []guard.Finding // what is said of that all the same
	again    time.Time       // when to begin another refresh at the latest; zero: when it is due

	wait *slotWait // for the slot for the first candidate; nil: it does not wait
	slot func()    // gives back the slot that it has waited for; nil: there is none
}

// A candidate is a primary and the serial that it announced.
type candidate struct {
	addr   netip.AddrPort
	serial serial.Serial
}

// run tries everything that may bring the zone up to date, in this order: an IXFR from the primary that
// sent a NOTIFY, whose first SOA is the check (RFC 1996 §3.11); then SOA checks of all primaries and a
// transfer from the best one that is newer; then from the next best. It returns when the refresh has come to its
// end, and when a slot is to be waited for; run then goes on where it was. When no primary gave anything, what is held
// may be published, and also when it is what no SOA check can tell from what is served.
func (c *cycle) run(ctx context.Context) {
	c.proceed(ctx)
	if c.wait != nil || ctx.Err() != nil {
		return
	}
	if r := c.outcome.Result; r == Failed || r == Current && c.zone.holdsTwin() {
		c.reconsider(ctx)
	}
}

func (c *cycle) proceed(ctx context.Context) {
	if c.begun.IsZero() && c.begin(ctx) {
		return
	}
	for ended := false; !ended; {
		ended = c.fetchBest(ctx) || c.wait != nil || !c.more(ctx)
	}
}

// begin finds out whom to fetch from, unless the refresh comes to its end without.
func (c *cycle) begin(ctx context.Context) (ended bool) {
	c.begun, c.have = time.Now(), c.zone.data.Current()
	c.outcome = Outcome{Result: Failed, Had: c.have != nil}
	if c.have != nil {
		c.outcome.Old = c.have.Serial()
	}
	if c.request.version != nil {
		c.putBack(c.request.version)
		return true
	}
	if c.forced() {
		return !c.whole(ctx)
	}
	p, ok := c.direct()
	if !ok {
		p, ok = c.notifier()
	}
	if ok {
		c.places.leave()
		c.candidates, c.unchecked = []candidate{{addr: p.Addr}}, true
		return false
	}
	return !c.round(ctx)
}

// round asks all primaries, and says whether there is one to fetch from.
func (c *cycle) round(ctx context.Context) bool {
	c.probe(ctx, c.patient)
	c.places.leave()
	if ctx.Err() != nil {
		return false
	}
	now := time.Now()
	views, wait := c.choose(now)
	if adopt := c.survey(now); adopt && len(views) == 0 {
		views = c.adoptable(now)
	}
	if len(views) == 0 {
		c.outcome.Result, c.outcome.Primary = c.unchanged(wait)
		c.heed(ctx)
		return false
	}
	c.consider(views)
	return true
}

func (c *cycle) consider(views []primary.View) {
	c.candidates = make([]candidate, len(views))
	for i, v := range views {
		c.candidates[i] = candidate{v.Addr, v.Serial}
	}
}

// more is another round when none of the candidates gave its version: those that were not asked for their SOA are, and
// the primaries that were not waited for get the time they need.
func (c *cycle) more(ctx context.Context) bool {
	c.candidates = nil
	if c.forced() || !c.unchecked && !c.cut() || c.places.enter(ctx) != nil {
		return false
	}
	c.patient, c.unchecked = !c.unchecked, false
	return c.round(ctx)
}

// fetchBest tries the candidates in order, except those that were tried before. It says whether the refresh
// has come to its end.
func (c *cycle) fetchBest(ctx context.Context) (ended bool) {
	for len(c.candidates) > 0 {
		next := c.candidates[0]
		p, ok := c.config.primaryAt(next.addr)
		if !ok || slices.Contains(c.tried, next.addr) {
			c.candidates = c.candidates[1:]
			continue
		}
		release, ok := c.enter(p)
		if !ok {
			return false
		}
		c.candidates = c.candidates[1:]
		if !c.unchecked || c.have == nil { // after a NOTIFY, the SOA may show more than the IXFR gave
			c.tried = append(c.tried, next.addr)
		}
		var announced *serial.Serial
		if !c.unchecked {
			announced = &next.serial
		}
		ended := c.fetch(ctx, p, announced)
		release()
		if ended {
			return true
		}
	}
	return false
}

// direct is the only primary of a zone that was never loaded, when a transfer from it has just succeeded: whatever its
// serial, it is wanted, so that the SOA check would be for nothing.
func (c *cycle) direct() (xfr.Primary, bool) {
	if c.have != nil || len(c.config.Primaries) != 1 || !c.reach.gives(c.config.Primaries[0].Addr, c.begun) {
		return xfr.Primary{}, false
	}
	return c.config.Primaries[0], true
}

// enter takes the slot for a transfer from p, or else has the cycle wait for it.
func (c *cycle) enter(p xfr.Primary) (release func(), ok bool) {
	if release, c.slot = c.slot, nil; release != nil {
		return release, true
	}
	if release, ok = c.slots.try(p.Addr.Addr()); ok {
		return release, true
	}
	c.wait = &slotWait{cycle: c, addr: p.Addr.Addr(), urgent: c.request.reason >= Notified}
	switch {
	case c.unchecked && c.have != nil:
		c.wait.until = time.Now().Add(notifierPatience)
	case len(c.candidates) > 1:
		c.wait.until = time.Now().Add(slotPatience)
	}
	return nil, false
}

const (
	// slotPatience is how long a zone waits for a slot of one primary while there is another one to try.
	slotPatience = primary.Tolerance
	// notifierPatience is how long it waits for a slot of the one that sent the NOTIFY before it asks all for their SOA,
	// which renews the lease if there is nothing to fetch.
	notifierPatience = 5 * time.Second
)

var errNoSlot = errors.New("no transfer slot became free in time")

// giveUp has the cycle try the next candidate instead of the one whose slot it has waited for, or ask all primaries.
func (c *cycle) giveUp() {
	if c.unchecked {
		c.candidates = nil
		return
	}
	c.errs = append(c.errs, fmt.Errorf("%s: %w", c.candidates[0].addr, errNoSlot))
	c.tried = append(c.tried, c.candidates[0].addr)
	c.candidates = c.candidates[1:]
}

// notifier is the primary that sent the NOTIFY, when it may be asked for an IXFR at once: our version came
// from it, and it is the one the zone stays with. While that one is in trouble, or transfers cannot connect to
// it, all are asked instead.
func (c *cycle) notifier() (xfr.Primary, bool) {
	if c.request.reason != Notified || c.have == nil || !c.config.IXFR {
		return xfr.Primary{}, false
	}
	p, ok := c.config.primaryAt(c.zone.source)
	if ok && c.reach.at(p.Addr).Closed.Lasts(time.Now()) {
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
