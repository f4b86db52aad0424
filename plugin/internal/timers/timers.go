// Package timers is when a secondary asks its primaries again, and when it stops answering: the REFRESH,
// RETRY and EXPIRE of RFC 1034 §4.3.5 as a pure state machine.
package timers

import (
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Timers is the lease of one zone. The zero value is a zone that was never loaded.
type Timers struct {
	Refreshed time.Time // when a primary last proved that the zone is up to date; zero: never
	Due       time.Time // when to ask next
	Expire    time.Time // when to stop answering; zero: never loaded
	Failures  int       // attempts in a row without success
}

// Event is the outcome of one refresh attempt.
type Event int

const (
	// Succeeded means that a primary proved the zone up to date.
	Succeeded Event = iota
	// Updated means that a primary gave a newer version.
	Updated
	// Failed means that nothing was proved. A primary that is older than the zone proves nothing either.
	Failed
)

// Range bounds a timer.
type Range struct{ Min, Max time.Duration }

func (r Range) clamp(d time.Duration) time.Duration { return min(max(d, r.Min), r.Max) }

// Clamps bound what a zone's SOA may ask for.
type Clamps struct{ Refresh, Retry, Expire Range }

// DefaultClamps are wide enough for every sensible SOA and keep senseless ones harmless (RFC 1912 §2.2).
func DefaultClamps() Clamps {
	return Clamps{
		Refresh: Range{30 * time.Second, 24 * time.Hour},
		Retry:   Range{10 * time.Second, 24 * time.Hour},
		Expire:  Range{time.Hour, 28 * 24 * time.Hour},
	}
}

// Failed attempts are repeated after a second, two, four… until RETRY is reached, or this while there is
// no zone whose RETRY would count.
const (
	firstRetry    = time.Second
	unloadedRetry = time.Minute
)

// Step is the lease after an event. soa is the zone's SOA, or nil when it has never been loaded. granted is
// when the lease of the primary that proved it runs out, which is itself a secondary; zero: it has none.
// jitter, between 0 and 1, takes up to a tenth off each wait, so that zones which were loaded together do not
// stay together; it never makes a wait longer.
func (t Timers) Step(e Event, soa *zone.SOA, c Clamps, granted, now time.Time, jitter float64) Timers {
	if e == Failed {
		t.Failures++
		t.Due = now.Add(shorten(t.retryWait(soa, c), jitter))
		return t
	}
	t.Failures = 0
	t.Refreshed = now
	t.Expire = t.end(e, now.Add(expireAfter(soa, c)), granted)
	refresh, retry := c.Refresh.clamp(seconds(soa.Refresh)), c.Retry.clamp(seconds(soa.Retry))
	if left := t.Expire.Sub(now); left < refresh+retry {
		// The primary has trouble with its own primary. Ask as often as if that were ours, and while there is time.
		refresh = min(refresh, retry, max(left/2, c.Retry.Min))
	}
	t.Due = now.Add(shorten(refresh, jitter))
	return t
}

// end is when a lease of the length full ends that a secondary granted (RFC 7314 §4): a proof never takes
// from the lease, and never gives more than the primary has; a new version has the lease of where it is from.
func (t Timers) end(e Event, full, granted time.Time) time.Time {
	switch {
	case granted.IsZero():
		return full
	case e == Succeeded && granted.Before(t.Expire):
		granted = t.Expire
	}
	if full.Before(granted) {
		return full
	}
	return granted
}

func (t Timers) retryWait(soa *zone.SOA, c Clamps) time.Duration {
	limit := unloadedRetry
	if soa != nil {
		limit = c.Retry.clamp(seconds(soa.Retry))
	}
	if t.Failures > 20 {
		return limit
	}
	return min(limit, firstRetry<<(t.Failures-1))
}

// Of are the REFRESH, RETRY and EXPIRE that count for a zone.
func (c Clamps) Of(soa *zone.SOA) (refresh, retry, expire time.Duration) {
	return c.Refresh.clamp(seconds(soa.Refresh)), c.Retry.clamp(seconds(soa.Retry)), expireAfter(soa, c)
}

// expireAfter is the EXPIRE of the SOA, clamped. It is never shorter than one REFRESH and one RETRY: a
// zone must not expire before its primary could be asked twice (RFC 1912 §2.2).
func expireAfter(soa *zone.SOA, c Clamps) time.Duration {
	twice := c.Refresh.clamp(seconds(soa.Refresh)) + c.Retry.clamp(seconds(soa.Retry))
	return max(c.Expire.clamp(seconds(soa.Expire)), twice)
}

// Expired says whether a zone with this lease must not be answered from any more. One that was never
// loaded is not expired.
func (t Timers) Expired(now time.Time) bool { return !t.Expire.IsZero() && !now.Before(t.Expire) }

func seconds(s uint32) time.Duration { return time.Duration(s) * time.Second }

func shorten(d time.Duration, jitter float64) time.Duration {
	return d - time.Duration(jitter*0.1*float64(d))
}
