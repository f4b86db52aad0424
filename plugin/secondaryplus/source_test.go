package secondaryplus

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
	"github.com/understudy-dns/understudy/plugin/internal/zonefile"
)

var testApex = owner.MustParse("example.org.")

// testVersion has a signature when until is given.
func testVersion(t *testing.T, serial int, until time.Time) *zone.Version {
	t.Helper()
	text := fmt.Sprintf("$TTL 300\n@ SOA ns h %d 3600 600 86400 300\n@ NS ns\n", serial)
	if !until.IsZero() {
		text += fmt.Sprintf("@ RRSIG NS 13 2 300 %s 20200101000000 1 @ AAAA\n", until.UTC().Format("20060102150405"))
	}
	v, err := zonefile.Read(strings.NewReader(text), "test", testApex)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// leased is a zone whose lease ended some time ago, or will end when that is negative.
func leased(v *zone.Version, ago time.Duration, resort *lastResort) *member {
	m := &member{zone: refresh.NewZone(testApex, &refresh.Config{Clamps: timers.DefaultClamps()})}
	m.resort.Store(resort)
	if v != nil {
		restore(m, v, ago)
	}
	return m
}

func restore(m *member, v *zone.Version, ago time.Duration) {
	now := time.Now()
	m.zone.Restore(refresh.State{Published: zone.Published{Version: v}, Lease: timers.Timers{
		Refreshed: now.Add(-24 * time.Hour), Expire: now.Add(-ago),
	}}, now)
}

func TestWhatAZoneIsAnsweredFrom(t *testing.T) {
	plain, file := testVersion(t, 7, time.Time{}), testVersion(t, 1, time.Time{})
	holds, over := testVersion(t, 7, time.Now().Add(time.Hour)), testVersion(t, 7, time.Now().Add(-time.Hour))
	for _, c := range []struct {
		name     string
		version  *zone.Version
		ago      time.Duration
		stale    time.Duration
		fallback *zone.Version
		want     state
	}{
		{"in its lease", plain, -time.Hour, forever, file, stateServing},
		{"in its lease, its signatures expired", over, -time.Hour, forever, file, stateServing},
		{"expired", plain, time.Minute, 0, nil, stateExpired},
		{"expired, with a fallback", plain, time.Minute, 0, file, stateFallback},
		{"within stale", plain, time.Hour, 2 * time.Hour, file, stateStale},
		{"beyond stale", plain, 3 * time.Hour, 2 * time.Hour, nil, stateExpired},
		{"beyond stale, with a fallback", plain, 3 * time.Hour, 2 * time.Hour, file, stateFallback},
		{"forever", plain, 10000 * time.Hour, forever, nil, stateStale},
		{"signed, and the signatures hold", holds, time.Minute, forever, nil, stateStale},
		{"signed, and stale ends first", holds, time.Minute, 10 * time.Second, nil, stateExpired},
		{"signed, and they have expired", over, time.Minute, forever, nil, stateExpired},
		{"the same with a fallback", over, time.Minute, forever, file, stateFallback},
		{"never loaded", nil, 0, forever, nil, stateUnloaded},
		{"never loaded, with a fallback", nil, 0, forever, file, stateFallback},
	} {
		m := leased(c.version, c.ago, &lastResort{stale: c.stale, fallback: c.fallback, ttl: 30})
		m.begin()
		want := source{state: c.want}
		switch c.want {
		case stateServing:
			want.version = c.version
		case stateStale:
			want.version, want.maxTTL = c.version, 30
		case stateFallback:
			want.version, want.maxTTL = file, 30
		}
		if got := m.source(); got != want {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
}

func TestNothingIsStaleBeforeItsSignaturesWereLookedAt(t *testing.T) {
	m := leased(testVersion(t, 7, time.Time{}), time.Minute, &lastResort{stale: forever, ttl: 30})
	if got := m.source().state; got != stateExpired {
		t.Errorf("before: %s", got)
	}
	m.lapsed()
	if got := m.source().state; got != stateStale {
		t.Errorf("after: %s", got)
	}
}

// Between the publication of a version and its lease there is a moment in which the zone still counts as
// expired. What a primary just gave is no stale data then.
func TestAVersionThatEndsTheStaleTimeIsServedAtOnce(t *testing.T) {
	m := leased(testVersion(t, 7, time.Time{}), time.Minute, &lastResort{stale: forever, ttl: 30})
	m.begin()
	next := testVersion(t, 8, time.Time{})
	restore(m, next, time.Minute)
	if got := m.source(); got != (source{stateServing, next, 0}) {
		t.Errorf("%+v", got)
	}
}

// What is known of a version says nothing of the one after it.
func TestANewVersionExpiresByItself(t *testing.T) {
	m := leased(testVersion(t, 7, time.Time{}), time.Minute, &lastResort{stale: forever, ttl: 30})
	m.begin()
	e := testEngine()
	e.sender = notify.NewSender()
	defer e.sender.Close()
	e.alarm = newAlarm()
	defer e.alarm.close()
	m.alarm = e.alarm
	e.byZone[m.zone] = m
	next := testVersion(t, 8, time.Now().Add(-time.Hour))
	restore(m, next, time.Minute)
	e.observe(m.zone, refresh.Outcome{Result: refresh.Updated, Fetched: xfr.Fetched{Version: next}})
	if got := m.source().state; got != stateExpired {
		t.Errorf("before its signatures were looked at: %s", got)
	}
	e.observe(m.zone, refresh.Outcome{Result: refresh.Expired})
	if got := m.source().state; got != stateExpired {
		t.Errorf("with expired signatures: %s", got)
	}
	if known := m.lapse.Load(); known == nil || known.content != next.SetHash() {
		t.Error("its signatures were not looked at")
	}
}
