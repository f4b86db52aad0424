package refresh

import (
	"net/netip"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// State is what of a zone may outlive the process. Its times are wall time.
type State struct {
	zone.Published
	Lease  timers.Timers
	Source netip.AddrPort // where the version came from; the zero AddrPort: not known
	Pin    netip.AddrPort // the primary that the zone stays with
	// HeldSince is since when something is kept back, zero: nothing is; HeldStill and HeldHash are of what that is now, see
	// Held.
	HeldSince, HeldStill time.Time
	HeldHash             zone.SetHash
}

// State is the zone's present state. It may be called at any time.
func (z *Zone) State() State {
	s := State{Published: z.data.Published(), Lease: z.Lease()}
	report := z.report.Load()
	s.Pin = report.Pinned
	// The report of the refresh that published a version comes a moment after the version.
	if v := s.Version; v != nil && report.Last.New == v.Serial() {
		s.Source = report.Source
	}
	if g := z.gated.Load(); g != nil {
		w := g.waiting()
		s.HeldSince, s.HeldStill, s.HeldHash = w.since, w.still, w.hash
	}
	return s
}

// Restore gives a zone that was never loaded the state that was saved. It is called before the zone is added
// to a Scheduler. The zone is due at once: NOTIFYs may have been missed.
func (z *Zone) Restore(s State, now time.Time) {
	z.data.Restore(s.Published)
	if !s.HeldSince.IsZero() {
		z.gated.Store(&gated{before: holding{s.HeldSince, s.HeldStill, s.HeldHash}})
	}
	z.source, z.pin = s.Source, primary.Pin{Addr: s.Pin}
	lease := s.Lease.Restored(s.Version.SOA(), z.Config().Clamps, now)
	z.lease.Store(&lease)
	z.expired.Store(lease.Expired(now))
	report := &Report{Pinned: s.Pin, Source: s.Source, At: lease.Refreshed}
	report.Last.New = s.Version.Serial()
	z.report.Store(report)
}
