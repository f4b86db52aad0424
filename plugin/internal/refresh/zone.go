package refresh

import (
	"context"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Config is how a zone is kept up to date. It is not changed after it was given to a Zone.
type Config struct {
	Primaries []xfr.Primary
	Fetcher   Fetcher
	IXFR      bool
	Clamps    timers.Clamps
}

// Fetcher asks primaries; an *xfr.Client is one.
type Fetcher interface {
	Probe(ctx context.Context, apex owner.Name, p xfr.Primary) (xfr.Probed, error)
	Fetch(ctx context.Context, apex owner.Name, p xfr.Primary, have *zone.Version, o xfr.Options) (xfr.Fetched, error)
}

func (c *Config) addrs() []netip.AddrPort {
	list := make([]netip.AddrPort, len(c.Primaries))
	for i, p := range c.Primaries {
		list[i] = p.Addr
	}
	return list
}

func (c *Config) primaryAt(addr netip.AddrPort) (xfr.Primary, bool) {
	for _, p := range c.Primaries {
		if p.Addr == addr {
			return p, true
		}
	}
	return xfr.Primary{}, false
}

// Zone is one secondary zone: its content, its lease, and what is known of its primaries. Any goroutine
// may read it; only its running refresh and the Scheduler change it.
type Zone struct {
	apex    owner.Name
	name    string
	data    zone.Zone
	config  atomic.Pointer[Config]
	expired atomic.Bool
	lease   atomic.Pointer[timers.Timers]
	report  atomic.Pointer[Report]

	// Owned by the running refresh.
	pin       primary.Pin
	source    netip.AddrPort // where the current version came from
	fruitless int            // refreshes in a row that a NOTIFY asked for and that found nothing new

	entry entry // owned by the Scheduler
}

// NewZone is a zone that was never loaded.
func NewZone(apex owner.Name, c *Config) *Zone {
	z := &Zone{apex: apex, name: apex.Canonical()}
	z.config.Store(c)
	z.lease.Store(&timers.Timers{})
	z.report.Store(&Report{})
	z.entry.index = -1
	return z
}

// Name is the zone's name in lower-case presentation form, with the final dot.
func (z *Zone) Name() string { return z.name }

// Apex is the zone's name as configured.
func (z *Zone) Apex() owner.Name { return z.apex }

// Configure replaces the configuration; the next cycle follows it.
func (z *Zone) Configure(c *Config) { z.config.Store(c) }

// Config is the present configuration.
func (z *Zone) Config() *Config { return z.config.Load() }

// Current is the Version served now, nil when the zone was never loaded. It may be expired: see Expired.
func (z *Zone) Current() *zone.Version { return z.data.Current() }

// Expired says that the lease ran out (RFC 1034 §4.3.5).
func (z *Zone) Expired() bool { return z.expired.Load() }

// Lease is when the zone was refreshed, is due, and expires.
func (z *Zone) Lease() timers.Timers { return *z.lease.Load() }

// Report is what the last cycle learned.
func (z *Zone) Report() Report { return *z.report.Load() }

// Report is what a cycle learned of the primaries, and how it ended.
type Report struct {
	Primaries []primary.View
	Pinned    netip.AddrPort
	Last      Outcome
	At        time.Time
}

// NewestPrimarySerial is the newest serial that a primary had in the last round of SOA checks.
func (r Report) NewestPrimarySerial() (s serial.Serial, ok bool) {
	for _, v := range r.Primaries {
		if v.Err == nil && (!ok || v.Serial.Newer(s)) {
			s, ok = v.Serial, true
		}
	}
	return s, ok
}

// Reason is why a refresh was begun.
type Reason uint8

// The reasons, the more urgent ones later.
const (
	Timer Reason = iota
	Notified
	Requested
)

// String is the reason as in logs and metrics.
func (r Reason) String() string { return [...]string{"timer", "notify", "request"}[r] }

// Result is how a refresh ended.
type Result uint8

// The results.
const (
	// Updated: a newer version was published.
	Updated Result = iota
	// Current: a primary proved that the zone is up to date.
	Current
	// Behind: primaries answered, and all of them are older than the zone. It proves nothing.
	Behind
	// Waiting: a primary is newer, and the zone waits for the pinned one (see package primary).
	Waiting
	// Failed: no primary proved or gave anything.
	Failed
	// Expired: not a refresh, but the end of the lease.
	Expired
)

// String is the result as in logs and metrics.
func (r Result) String() string {
	return [...]string{"updated", "current", "behind", "waiting", "failed", "expired"}[r]
}

// Outcome is one refresh, told for the log, the metrics and the status.
type Outcome struct {
	Reason   Reason
	Result   Result
	Had      bool          // there was a version before
	Old, New serial.Serial // of the versions before and after
	Primary  netip.AddrPort
	Fetched  xfr.Fetched // of an Updated one; its Version is published
	Errs     []error     // every attempt that failed, also of a refresh that succeeded in the end
	Failures int         // attempts in a row that failed, this one included
	Next     time.Time   // when the zone is due again
	Took     time.Duration
}

// Hint is what a NOTIFY said (RFC 1996 §3.7): who sent it, and the serial in it, if any. It decides where
// to look first, never what is true.
type Hint struct {
	From      netip.Addr
	Serial    serial.Serial
	HasSerial bool
}
