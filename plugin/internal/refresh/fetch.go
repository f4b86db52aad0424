package refresh

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// fetch transfers from p and publishes. It says whether the refresh has come to its end. announced is the
// serial of the SOA check, nil when there was none.
func (c *cycle) fetch(ctx context.Context, p xfr.Primary, announced *serial.Serial) (ended bool) {
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
		return c.alone(p, fetched)
	}
	if announced != nil && fetched.Granted.IsZero() {
		fetched.Granted = c.grantedBy(p) // it told so in the SOA check
	}
	publish, ended := c.admit(ctx, p.Addr, fetched)
	if publish {
		c.publish(p.Addr, fetched)
	}
	return publish || ended
}

// publish has the zone answered from a version that was just transferred.
func (c *cycle) publish(from netip.AddrPort, f xfr.Fetched) {
	c.serve(from, f)
	c.fetchedFrom(from, time.Now())
	c.saw(from, f.Version.Serial(), f.Granted)
}

// serve has the zone answered from a version, and says nothing of its primaries. What was held is older, or the same.
func (c *cycle) serve(source netip.AddrPort, f xfr.Fetched) {
	c.zone.data.Publish(f.Version, f.Delta, c.config.Room)
	c.zone.letGo()
	c.zone.source = source
	c.outcome.Result, c.outcome.Primary, c.outcome.Fetched = Updated, source, f
}

// putBack publishes a version that was served before, on behalf of the operator. It renews no lease. Which primary had
// that version is not known any more, so that nobody's deltas are trusted to begin at it.
func (c *cycle) putBack(v *zone.Version) {
	c.places.leave()
	c.serve(netip.AddrPort{}, xfr.Fetched{Version: v, Serial: v.Serial(), Offered: true, How: xfr.PutBack})
	c.outcome.Known = true
}

// transfer fetches from p, and judges what came.
func (c *cycle) transfer(ctx context.Context, p xfr.Primary, announced *serial.Serial, o xfr.Options) (xfr.Fetched, error) {
	fetched, err := c.config.Fetcher.Fetch(ctx, c.zone.apex, p, c.have, o)
	c.reach.fetched(p.Addr, err, time.Now())
	c.tellHealth(p.Addr, TransferFailed, err)
	if fetched.FellBack != nil {
		c.errs = append(c.errs, fetched.FellBack)
	}
	if err == nil {
		err = c.check(p, fetched, announced)
	}
	return fetched, err
}

// alone ends a refresh in which the notifier has what we have, unless its NOTIFY spoke of something newer,
// there are other primaries to ask, or a gate is to be asked when it wants the next look.
func (c *cycle) alone(p xfr.Primary, f xfr.Fetched) (ended bool) {
	c.equal = primary.View{Addr: p.Addr, Serial: c.have.Serial(), Granted: f.Granted}
	h := c.request.hint
	if h.HasSerial && h.Serial != c.have.Serial() || len(c.config.Primaries) > 1 || c.gates() {
		return false
	}
	c.saw(p.Addr, c.have.Serial(), f.Granted)
	c.outcome.Result, c.outcome.Primary = Current, p.Addr
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
