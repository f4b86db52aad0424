package timers

import (
	"math"
	"testing"
	"time"
	"unsafe"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

const (
	hour = time.Hour
	year = 365 * 24 * time.Hour
)

// saved is a lease as a file has it: wall time only.
func saved(refreshed, expire time.Duration) Timers {
	return Timers{Refreshed: now.Add(refreshed), Due: now.Add(-hour), Expire: now.Add(expire), Failures: 7}
}

// The EXPIRE of the zone is 24 hours.
func TestDrill23ASavedLeaseIsBounded(t *testing.T) {
	for _, c := range []struct {
		name              string
		saved             Timers
		refreshed, expire time.Duration
		expired           bool
	}{
		{"a lease goes on where it was", saved(-6*hour, 18*hour), -6 * hour, 18 * hour, false},
		{"its last second counts", saved(-24*hour+time.Second, time.Second), -24*hour + time.Second, time.Second, false},
		{"one that has ended has ended", saved(-24*hour, 0), -24 * hour, 0, true},
		{"down for four months", saved(-121*24*hour, -120*24*hour), -121 * 24 * hour, -120 * 24 * hour, true},
		{"the wall clock is a year behind what it was", saved(year, year+24*hour), 0, 24 * hour, false},
		{"the wall clock is a year ahead of what it was", saved(-year, -year+24*hour), -year, -year + 24*hour, true},
		{"a lease longer than any that begins now", saved(-hour, 48*hour), -hour, 24 * hour, false},
		{"an end before the beginning of time", Timers{Refreshed: now, Expire: time.Unix(math.MinInt32, 0)}, 0, time.Unix(math.MinInt32, 0).Sub(now), true},
	} {
		got := c.saved.Restored(*soa(3600, 600, 86400), DefaultClamps(), now)
		want := Timers{Refreshed: now.Add(c.refreshed), Due: now, Expire: now.Add(c.expire)}
		if got != want {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
		if got.Expired(now) != c.expired {
			t.Errorf("%s: expired is %t", c.name, !c.expired)
		}
	}
}

func TestDrill23TheBoundOfASavedLeaseIsTheClampedEXPIRE(t *testing.T) {
	forever := saved(-hour, 100*year)
	for _, c := range []struct {
		name string
		soa  *zone.SOA
		want time.Duration
	}{
		{"an EXPIRE of zero", soa(60, 60, 0), time.Hour},
		{"an EXPIRE of 136 years", soa(60, 60, math.MaxUint32), 28 * 24 * time.Hour},
		{"an EXPIRE shorter than REFRESH and RETRY", soa(7200, 3600, 3600), 3 * time.Hour},
	} {
		if got := forever.Restored(*c.soa, DefaultClamps(), now).Expire.Sub(now); got != c.want {
			t.Errorf("%s: the lease lasts %v, want %v", c.name, got, c.want)
		}
	}
}

// jumped is a reading of the clocks after somebody has set the wall clock, a whole number of seconds away: the
// monotonic reading goes on. Seconds are from bit 30 on in the first word of a time that has both readings.
func jumped(t time.Time, by time.Duration) time.Time {
	*(*uint64)(unsafe.Pointer(&t)) += uint64(by/time.Second) << 30
	return t
}

func TestDrill23ARunningLeaseDoesNotHeedTheWallClock(t *testing.T) {
	begun := time.Now()
	restored := Timers{Refreshed: begun.Add(-hour).Round(0), Expire: begun.Add(23 * hour).Round(0)}
	for name, lease := range map[string]Timers{
		"a lease that was renewed":  Timers{}.Step(Succeeded, soa(3600, 600, 86400), DefaultClamps(), time.Time{}, begun.Add(-hour), 0),
		"a lease that was restored": restored.Restored(*soa(3600, 600, 86400), DefaultClamps(), begun),
	} {
		for _, by := range []time.Duration{-year, year} {
			if wall := jumped(begun, by).Round(0).Sub(begun.Round(0)); wall != by {
				t.Fatalf("the wall clock did not jump by %v, but by %v", by, wall)
			}
			if lease.Expired(jumped(begun.Add(23*hour-1), by)) || !lease.Expired(jumped(begun.Add(23*hour), by)) {
				t.Errorf("%s does not end 23 hours later when the wall clock jumps by %v", name, by)
			}
			failed := lease.Step(Failed, soa(3600, 600, 86400), DefaultClamps(), time.Time{}, jumped(begun, by), 0)
			if wait := failed.Due.Sub(begun); wait != firstRetry {
				t.Errorf("%s: a retry is due in %v when the wall clock jumps by %v", name, wait, by)
			}
		}
	}
}
