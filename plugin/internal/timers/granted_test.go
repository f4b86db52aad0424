package timers

import (
	"testing"
	"time"
)

// RFC 7314 §4: what is left of the lease of a primary that is itself a secondary.
func TestALeaseIsNoLongerThanThatOfThePrimary(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name                  string
		event                 Event
		before, granted, want time.Duration // from now; 0 of granted: none
		due                   time.Duration
	}{
		{"none is told", Succeeded, time.Hour, 0, day, time.Hour},
		{"a proof brings what the primary has", Succeeded, time.Hour, 20 * time.Hour, 20 * time.Hour, time.Hour},
		{"a proof takes nothing", Succeeded, 20 * time.Hour, 2 * time.Hour, 20 * time.Hour, time.Hour},
		{"a proof from a primary with no time left", Succeeded, 2 * time.Hour, time.Second, 2 * time.Hour, time.Hour},
		{"an expired zone revives for what the primary has", Succeeded, -time.Hour, 2 * time.Hour, 2 * time.Hour, time.Hour},
		{"a new version has the lease of its primary", Updated, 20 * time.Hour, 2 * time.Hour, 2 * time.Hour, time.Hour},
		{"a new version without one", Updated, time.Hour, 0, day, time.Hour},
		{"more than the SOA allows", Updated, 0, 3 * day, day, time.Hour},
		{"more than the SOA allows, as proof", Succeeded, 0, 3 * day, day, time.Hour},
		{"a lease that ends soon is asked for again at the pace of RETRY", Updated, 0, time.Hour, time.Hour, 10 * time.Minute},
		{"one that ends sooner, in the middle of it", Updated, 0, 6 * time.Minute, 6 * time.Minute, 3 * time.Minute},
		{"one that is nearly over, not too often", Updated, 0, 12 * time.Second, 12 * time.Second, 10 * time.Second},
		{"a lease that ended during the transfer", Updated, 0, -time.Second, -time.Second, 10 * time.Second},
	} {
		var granted time.Time
		if c.granted != 0 {
			granted = now.Add(c.granted)
		}
		before := Timers{Expire: now.Add(c.before), Failures: 2}
		got := before.Step(c.event, soa(3600, 600, 86400), DefaultClamps(), granted, now, 0)
		want := Timers{Refreshed: now, Due: now.Add(c.due), Expire: now.Add(c.want)}
		if got != want {
			t.Errorf("%s: expires in %s, due in %s; want %s and %s", c.name, got.Expire.Sub(now), got.Due.Sub(now), c.want, c.due)
		}
	}
}
