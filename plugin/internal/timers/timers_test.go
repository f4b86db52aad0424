package timers

import (
	"math"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func soa(refresh, retry, expire uint32) *zone.SOA {
	return &zone.SOA{Serial: 1, Refresh: refresh, Retry: retry, Expire: expire}
}

func TestSuccessStartsRefreshAndExpire(t *testing.T) {
	for _, c := range []struct {
		name        string
		soa         *zone.SOA
		due, expire time.Duration
	}{
		{"as the SOA says", soa(3600, 600, 86400), time.Hour, 24 * time.Hour},
		{"a REFRESH of zero is raised", soa(0, 600, 86400), 30 * time.Second, 24 * time.Hour},
		{"an absurd REFRESH is lowered", soa(math.MaxUint32, 600, 86400*20), 24 * time.Hour, 20 * 24 * time.Hour},
		{"an EXPIRE of zero is raised", soa(60, 60, 0), time.Minute, time.Hour},
		{"an absurd EXPIRE is lowered", soa(60, 60, math.MaxUint32), time.Minute, 28 * 24 * time.Hour},
		{"EXPIRE leaves room for a REFRESH and a RETRY", soa(7200, 3600, 3600), 2 * time.Hour, 3 * time.Hour},
	} {
		got := Timers{Failures: 3}.Step(Succeeded, c.soa, DefaultClamps(), time.Time{}, now, 0)
		want := Timers{Refreshed: now, Due: now.Add(c.due), Expire: now.Add(c.expire)}
		if got != want {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
}

func TestFailureBacksOffToRetryAndKeepsTheLease(t *testing.T) {
	lease := Timers{Refreshed: now, Due: now, Expire: now.Add(time.Hour)}
	waits := []time.Duration{1, 2, 4, 8, 16, 20, 20}
	for i, wait := range waits {
		lease = lease.Step(Failed, soa(60, 20, 3600), DefaultClamps(), time.Time{}, now, 0)
		want := Timers{Refreshed: now, Due: now.Add(wait * time.Second), Expire: now.Add(time.Hour), Failures: i + 1}
		if lease != want {
			t.Fatalf("failure %d: %+v, want %+v", i+1, lease, want)
		}
	}
}

func TestAZoneNeverLoadedIsTriedAtLeastOnceAMinute(t *testing.T) {
	var lease Timers
	for range 100 {
		lease = lease.Step(Failed, nil, DefaultClamps(), time.Time{}, now, 0)
	}
	if lease.Due != now.Add(time.Minute) || !lease.Expire.IsZero() || lease.Expired(now.Add(1e9*time.Second)) {
		t.Errorf("%+v", lease)
	}
}

func TestJitterOnlyShortens(t *testing.T) {
	for _, jitter := range []float64{0, 0.5, 1} {
		got := Timers{}.Step(Succeeded, soa(1000, 100, 86400), DefaultClamps(), time.Time{}, now, jitter).Due.Sub(now)
		if want := time.Duration((1000 - 100*jitter) * float64(time.Second)); got != want {
			t.Errorf("jitter %v: %v, want %v", jitter, got, want)
		}
	}
}

func TestExpiredIsAtTheEndOfTheLease(t *testing.T) {
	lease := Timers{}.Step(Succeeded, soa(60, 60, 3600), DefaultClamps(), time.Time{}, now, 0)
	if lease.Expired(now.Add(time.Hour-1)) || !lease.Expired(now.Add(time.Hour)) {
		t.Error("the lease does not end at EXPIRE")
	}
}

func TestTheTimersThatCountAreWithinTheBounds(t *testing.T) {
	for soa1, want := range map[[3]uint32][3]time.Duration{
		{3600, 600, 86400}:                 {time.Hour, 10 * time.Minute, 24 * time.Hour},
		{1, 1, 1}:                          {30 * time.Second, 10 * time.Second, time.Hour},
		{7200, 3600, 3600}:                 {2 * time.Hour, time.Hour, 3 * time.Hour},
		{math.MaxUint32, 1, math.MaxInt32}: {24 * time.Hour, 10 * time.Second, 28 * 24 * time.Hour},
	} {
		refresh, retry, expire := DefaultClamps().Of(soa(soa1[0], soa1[1], soa1[2]))
		if got := [3]time.Duration{refresh, retry, expire}; got != want {
			t.Errorf("%v: %v", soa1, got)
		}
	}
}
