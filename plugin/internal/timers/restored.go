package timers

import (
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Restored is a lease that was saved as wall time, at start. The wall clock may have been wrong then or may be
// wrong now, so that what it says is bounded: nobody proved the zone up to date in the future, and no lease
// lasts longer than one that begins now. From here on the monotonic clock counts. The zone is due at once.
func (t Timers) Restored(soa zone.SOA, c Clamps, now time.Time) Timers {
	left := min(t.Expire.Sub(now), expireAfter(&soa, c))
	ago := max(now.Sub(t.Refreshed), 0)
	return Timers{Refreshed: now.Add(-ago), Due: now, Expire: now.Add(left)}
}
