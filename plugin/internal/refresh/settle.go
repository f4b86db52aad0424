package refresh

import (
	"context"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// conclude settles the lease after a cycle and tells the outcome, which is nil when it was stopped.
func (s *Scheduler) conclude(ctx context.Context, c *cycle) *Outcome {
	z, r, o := c.zone, c.request, c.outcome
	if ctx.Err() != nil && o.Result != Updated {
		return nil // stopped: that says nothing of the primaries
	}
	o.Errs, o.Reason = c.errs, r.reason
	if v := z.Current(); v != nil {
		o.New = v.Serial()
	}
	if o.Result == Current && !z.holdsTwin() {
		z.letGo() // its primary has taken it back
	}
	if r.reason == Notified && o.Result != Updated {
		z.fruitless++
	} else {
		z.fruitless = 0
	}
	lease := s.settle(z, c, o)
	o.Failures, o.Next, o.Took = lease.Failures, lease.Due, time.Since(c.begun)
	z.report.Store(c.report(o))
	s.mu.Lock()
	tell := s.telling(z, o)
	s.mu.Unlock()
	tell()
	return &o
}

func (c *cycle) report(o Outcome) *Report {
	if c.views == nil {
		c.views = slices.Clone(c.zone.Report().Primaries)
	}
	c.remember()
	last := Ending{Reason: o.Reason, Result: o.Result, New: o.New, Took: o.Took}
	return &Report{Primaries: slices.Clip(c.views), Pinned: c.zone.pin.Addr, Source: c.zone.source, Last: last, At: time.Now()}
}

// settle is the lease after a cycle. It is stored under s.mu, because the end of the old lease may be
// reached at the same moment.
func (s *Scheduler) settle(z *Zone, c *cycle, o Outcome) timers.Timers {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, before := time.Now(), z.Lease()
	lease := s.step(before, z, c, o, now)
	if h := z.Held(); h != nil && h.Ruling.Again.After(c.begun) { // else this cycle could not judge it again
		lease.Due = earlier(lease.Due, h.Ruling.Again)
	}
	if o.Result == Updated {
		c.again = o.Ruling.Again
	}
	if !c.again.IsZero() {
		lease.Due = earlier(lease.Due, c.again)
	}
	if h := z.Held(); h != nil && h.Ruling.Lapse {
		lease.Expire = earlier(now, before.Expire)
	}
	if t := z.pin.Trouble; !t.IsZero() && !c.config.Ranking.Worn(z.pin, now) {
		// The pinned primary has until then to be the best again, and not until the next REFRESH.
		lease.Due = earlier(lease.Due, t.Add(c.config.Ranking.Patience()))
	}
	z.lease.Store(&lease)
	if !lease.Expired(now) {
		z.expired.Store(false)
	}
	return lease
}

func (s *Scheduler) step(before timers.Timers, z *Zone, c *cycle, o Outcome, now time.Time) timers.Timers {
	var soa *zone.SOA
	if v := z.Current(); v != nil {
		current := v.SOA()
		soa = &current
	}
	jitter := s.opts.Jitter()
	if o.Result == Updated && !o.Known { // what was only released renews nothing: no primary could be asked
		return before.Step(timers.Updated, soa, c.config.Clamps, o.Fetched.Granted, now, jitter)
	}
	// While a version is held, its primary proves that it is there: the zone does not expire for the sake of caution.
	proved := o.Result == Current || o.Result == Kept && o.Had || c.proved()
	if proved && o.Result != Failed {
		return before.Step(timers.Succeeded, soa, c.config.Clamps, c.granted(), now, jitter)
	}
	lease := before.Step(timers.Failed, soa, c.config.Clamps, time.Time{}, now, jitter)
	if proved {
		// A primary has our version, and another one is newer and does not give it. That is tried again
		// soon, but it is no reason to stop answering.
		renewed := before.Step(timers.Succeeded, soa, c.config.Clamps, c.granted(), now, jitter)
		lease.Refreshed, lease.Expire = renewed.Refreshed, renewed.Expire
	}
	if before.Due.After(now) {
		// An attempt out of turn that failed does not put off the one that is due.
		lease.Due = earlier(lease.Due, before.Due)
	}
	return lease
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
