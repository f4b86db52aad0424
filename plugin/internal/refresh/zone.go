package refresh

import (
	"context"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
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
	Room      zone.Room // for the Deltas that are kept
	Rules     guard.Rules
	Gate      Gate // judges what the Rules let pass; nil: nobody does
	Ranking   primary.Params
	Health    Health // of the primaries; nil: nobody looks after it
	// Dir is where the zone is kept on disk; empty: nowhere.
	Dir string
}

// Fetcher asks primaries; an *xfr.Client is one. Both methods return soon after ctx ends, and
// have limits of their own.
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
	lease   atomic.Pointer[timers.Timers] // stored under Scheduler.mu, as is expired
	report  atomic.Pointer[Report]
	gated   atomic.Pointer[gated] // made by the running refresh when there is a gate

	// Owned by the running refresh.
	pin       primary.Pin
	heard     bool           // the pinned primary answered the last SOA check
	broken    time.Time      // since when transfers from the pinned primary fail; zero: they do not
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

// Configure replaces the configuration; the next cycle follows it. Nothing is published any more that comes
// from a primary which it does not name.
func (z *Zone) Configure(c *Config) {
	before, moved := z.config.Load(), func() {}
	if gate, ok := before.Gate.(Mover); ok && c.Gate != nil {
		moved = gate.Move(z, c)
	}
	z.config.Store(c)
	moved()
	if before.Gate != nil && c.Gate == nil {
		before.Gate.Ended(z, true) // it is asked nothing any more
	}
}

// Config is the present configuration.
func (z *Zone) Config() *Config { return z.config.Load() }

// Current is the Version served now, nil when the zone was never loaded. It may be expired: see Expired.
func (z *Zone) Current() *zone.Version { return z.data.Current() }

// Published is the Version served now with the Deltas that led to it.
func (z *Zone) Published() zone.Published { return z.data.Published() }

// Expired says that the lease ran out (RFC 1034 §4.3.5).
func (z *Zone) Expired() bool { return z.expired.Load() }

// Lease is when the zone was refreshed, is due, and expires.
func (z *Zone) Lease() timers.Timers { return *z.lease.Load() }

// Report is what the last cycle learned.
func (z *Zone) Report() Report { return *z.report.Load() }

// serves says that the zone is answered with the given serial.
func (z *Zone) serves(s serial.Serial) bool {
	v := z.Current()
	return v != nil && v.Serial() == s && !z.Expired()
}
