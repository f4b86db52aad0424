package primary

import "time"

// An Outage is a time during which a primary cannot be reached. The zero Outage is none.
type Outage struct {
	Since    time.Time // when that was first seen
	Until    time.Time // until when it is believed; then the primary is tried like any other
	Failures int       // attempts that failed; those made while it was believed anyway do not count
}

// Outages are those of one primary.
type Outages struct {
	Silent Outage // of SOA checks: they get no answer
	Closed Outage // of transfers: no connection can be made
}

const (
	firstOutage   = time.Minute
	longestOutage = 10 * time.Minute
)

// Failed is the outage after another attempt that failed. It is believed for one minute, then two, four,
// and so on up to ten.
func (o Outage) Failed(now time.Time) Outage {
	if o.Lasts(now) {
		return o
	}
	if o.Failures == 0 {
		o.Since = now
	}
	o.Until = now.Add(min(longestOutage, firstOutage<<min(o.Failures, 10)))
	o.Failures++
	return o
}

// Lasts says that the outage is still believed.
func (o Outage) Lasts(now time.Time) bool { return now.Before(o.Until) }
