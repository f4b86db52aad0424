// Package primary decides from which of its primaries a zone is fetched. It is pure: SOA checks come in as
// Views, an ordered list of candidates comes out.
//
// The order is: by health, if somebody looks after that; the pinned primary, as long as it is up and neither down nor
// behind the newest for longer than the tolerance; then the newest serial; then the round-trip time, in bands; then the
// configured order. One that transfers cannot connect to comes after those that are as new.
// A zone stays with one primary so that two primaries whose serials leapfrog each other, or whose data
// differ at the same serial, do not alternate in the zone.
package primary

import (
	"net/netip"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Tolerance is how long a pinned primary may be down or behind before another one takes its place, by default.
const Tolerance = 10 * time.Minute

// defaultBand is the difference in round-trip time below which two primaries count as equally near.
const defaultBand = 100 * time.Millisecond

// Params are how primaries are put in order. The zero Params are the defaults.
type Params struct {
	Tolerance time.Duration // 0: the constant
	Band      time.Duration // 0: 100 ms
}

// Patience is the tolerance that counts.
func (o Params) Patience() time.Duration {
	if o.Tolerance > 0 {
		return o.Tolerance
	}
	return Tolerance
}

func (o Params) band() time.Duration {
	if o.Band > 0 {
		return o.Band
	}
	return defaultBand
}

// View is what one SOA check said about a primary.
type View struct {
	Addr   netip.AddrPort
	Serial serial.Serial
	RTT    time.Duration
	// Granted is when the lease of a primary that is itself a secondary runs out; zero: it told none.
	Granted time.Time
	Err     error // not nil: the check failed, and Serial and RTT mean nothing

	// Lost is what is remembered of its outages; nil: nothing.
	Lost *Outages

	Health Health
}

// Health is what somebody knows of a primary who looks after it all the time. The zero Health is a good one.
type Health struct {
	Rank int  // those with a lower one come first
	Out  bool // it is not to be waited for
}

// Silent is the outage of SOA checks.
func (v View) Silent() Outage {
	if v.Lost == nil {
		return Outage{}
	}
	return v.Lost.Silent
}

// Closed is the outage of transfers.
func (v View) Closed() Outage {
	if v.Lost == nil {
		return Outage{}
	}
	return v.Lost.Closed
}

// Pin is the primary that a zone stays with. The zero Pin is none.
type Pin struct {
	Addr    netip.AddrPort
	Trouble time.Time // since when it is down or behind another primary; zero: it is neither
}

// Observe is the pin after a round of SOA checks.
func (p Pin) Observe(views []View, now time.Time) Pin {
	if p.ok(views) {
		p.Trouble = time.Time{}
	} else if p.Trouble.IsZero() {
		p.Trouble = now
	}
	return p
}

// ok says that the pinned primary answered and that no other one has a newer serial.
func (p Pin) ok(views []View) bool {
	own, found := p.view(views)
	return found && own.Err == nil && !slices.ContainsFunc(views, func(v View) bool {
		return v.Err == nil && v.Serial.Newer(own.Serial)
	})
}

func (p Pin) view(views []View) (View, bool) {
	i := slices.IndexFunc(views, func(v View) bool { return v.Addr == p.Addr })
	if i < 0 {
		return View{}, false
	}
	return views[i], true
}

// Fetched is the pin after a version was fetched from addr, if it was p before: another primary takes the pin only when there
// was none, when the pinned one is no longer configured, or when its trouble has lasted.
func (o Params) Fetched(p Pin, addr netip.AddrPort, configured []netip.AddrPort, now time.Time) Pin {
	if p.Addr == addr || !slices.Contains(configured, p.Addr) || o.Worn(p, now) {
		return Pin{Addr: addr}
	}
	return p
}

// Worn says that a pinned primary has been in trouble for longer than is tolerated.
func (o Params) Worn(p Pin, now time.Time) bool {
	return !p.Trouble.IsZero() && now.Sub(p.Trouble) >= o.Patience()
}

// Candidates are the primaries to fetch from, the best first: those that are newer than have, or all that
// answered when have is nil. waiting says that there are newer ones, but that the zone waits for its pinned
// primary, which is up and behind them.
func (o Params) Candidates(views []View, pin Pin, have *serial.Serial, now time.Time) (candidates []View, waiting bool) {
	for _, v := range views {
		if v.Err == nil && (have == nil || v.Serial.Newer(*have)) {
			candidates = append(candidates, v)
		}
	}
	slices.SortStableFunc(candidates, func(a, b View) int { return o.compare(a, b, now) })
	own, found := pin.view(views)
	if have == nil || !found || own.Err != nil || own.Health.Out || o.Worn(pin, now) || len(candidates) == 0 {
		return candidates, false
	}
	at := slices.IndexFunc(candidates, func(v View) bool { return v.Addr == pin.Addr })
	if at < 0 {
		return nil, true
	}
	if own.Closed().Lasts(now) || own.Health.Rank > candidates[0].Health.Rank {
		return candidates, false
	}
	return slices.Insert(slices.Delete(candidates, at, at+1), 0, own), false
}

// Order is in which order primaries would be asked that all had something newer, with one that is pinned.
func (o Params) Order(views []View, pinned netip.AddrPort, now time.Time) []View {
	order := slices.Clone(views)
	slices.SortStableFunc(order, func(a, b View) int { return o.compare(a, b, now) })
	at := slices.IndexFunc(order, func(v View) bool { return v.Addr == pinned })
	if at < 0 || order[at].Health.Rank > order[0].Health.Rank || order[at].Closed().Lasts(now) {
		return order
	}
	pin := order[at]
	return slices.Insert(slices.Delete(order, at, at+1), 0, pin)
}

func (o Params) compare(a, b View, now time.Time) int {
	if a.Health.Rank != b.Health.Rank {
		return a.Health.Rank - b.Health.Rank
	}
	aClosed, bClosed := a.Closed().Lasts(now), b.Closed().Lasts(now)
	switch {
	case a.Serial.Newer(b.Serial):
		return -1
	case b.Serial.Newer(a.Serial):
		return 1
	case bClosed && !aClosed:
		return -1
	case aClosed && !bClosed:
		return 1
	}
	return int(a.RTT/o.band()) - int(b.RTT/o.band())
}
