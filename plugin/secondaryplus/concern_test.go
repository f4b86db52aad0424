package secondaryplus

import (
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

func TestWhatIsWrongWithAZone(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	serving := func(left time.Duration, failing time.Time) circumstances {
		return circumstances{state: stateServing, failing: failing, end: now.Add(left), full: 10 * day}
	}
	warning, critical := events.Warning, events.Critical
	for _, c := range []struct {
		name string
		in   circumstances
		want grades
		next time.Duration // 0: never
	}{
		{"well", serving(10*day, time.Time{}), grades{}, 5 * day},
		{"a refresh has just failed", serving(9*day, ago(time.Minute)), grades{}, 4 * time.Minute},
		{"they fail for long", serving(9*day, ago(5*time.Minute)), grades{transferFailing: warning}, 4 * day},
		{
			"a tenth of a short EXPIRE is long",
			circumstances{state: stateServing, failing: ago(6 * time.Second), end: now.Add(54 * time.Second), full: time.Minute},
			grades{transferFailing: warning}, 24 * time.Second,
		},
		{"half of EXPIRE is over", serving(5*day, time.Time{}), grades{zoneExpiring: warning}, 3 * day},
		{"not quite", serving(5*day+1, time.Time{}), grades{}, 1},
		{"a fifth is left", serving(2*day, ago(day)), grades{transferFailing: warning, zoneExpiring: critical}, 2 * day},
		{"not quite", serving(2*day+1, time.Time{}), grades{zoneExpiring: warning}, 1},
		{"expired", circumstances{state: stateExpired, failing: ago(day), end: ago(1), full: day}, grades{transferFailing: warning, zoneExpired: critical}, 0},
		{"stale", circumstances{state: stateStale, end: ago(1), full: day, over: now.Add(7)}, grades{zoneStale: critical}, 7},
		{"from a fallback file", circumstances{state: stateFallback, end: ago(1), full: day}, grades{zoneStale: critical}, 0},
		{"a hold that has lasted too long ends the lease", circumstances{state: stateServing, end: now.Add(1), full: day, lapsed: true}, grades{}, 1},
		{"its end has come", circumstances{state: stateServing, end: now, full: day}, grades{}, 0},
		{"never loaded, and answered from a fallback file", circumstances{state: stateFallback, failing: ago(readyWait - 1)}, grades{}, 1},
		{"for long", circumstances{state: stateFallback, failing: ago(readyWait)}, grades{transferFailing: critical}, 0},
		{"never loaded", circumstances{}, grades{}, 0},
		{"and failing", circumstances{failing: ago(readyWait - 1)}, grades{}, 1},
		{"for long", circumstances{failing: ago(readyWait)}, grades{transferFailing: critical}, 0},
	} {
		got, next := c.in.concerned(now)
		wait := time.Duration(0)
		if !next.IsZero() {
			wait = next.Sub(now)
		}
		if got != c.want || wait != c.next {
			t.Errorf("%s: %v, again in %s; want %v, %s", c.name, got, wait, c.want, c.next)
		}
	}
}

// Zones that are well are not kept.
func TestTheAlarmForgetsWhoIsWell(t *testing.T) {
	a := &alarm{wake: make(chan struct{}, 1), troubles: make(map[*member]*trouble)}
	m := leased(testVersion(t, 7, time.Time{}), -24*time.Hour, &lastResort{})
	a.begun(m, "k")
	a.ended(m, "k", refresh.Outcome{Result: refresh.Current})
	if len(a.troubles) != 0 {
		t.Fatal("a zone that is well is kept")
	}
	for _, r := range []refresh.Result{refresh.Failed, refresh.Behind} {
		a.ended(m, "k", refresh.Outcome{Result: r})
		if a.look(time.Now()); len(a.troubles) != 1 || a.troubles[m].since.IsZero() {
			t.Errorf("%s: a zone that fails is not kept", r)
		}
		a.ended(m, "k", refresh.Outcome{Result: refresh.Current})
		if next := a.look(time.Now()); len(a.troubles) != 0 || !next.IsZero() {
			t.Errorf("%s: a zone is kept that is well again", r)
		}
	}
	for _, r := range []refresh.Result{refresh.Kept, refresh.Waiting} {
		a.ended(m, "k", refresh.Outcome{Result: r})
		if len(a.troubles) != 1 || !a.troubles[m].since.IsZero() {
			t.Errorf("%s: that counts as a failure", r)
		}
		a.look(time.Now())
	}
	expired := leased(testVersion(t, 7, time.Time{}), time.Minute, &lastResort{})
	a.begun(expired, "k")
	if next := a.look(time.Now()); len(a.troubles) != 1 || next.IsZero() {
		t.Error("a zone that had expired before is not kept")
	}
	a.gone(expired)
	if len(a.troubles) != 0 {
		t.Error("a zone is kept that is gone")
	}
}

// BenchmarkAlarm is what a look costs at 100,000 zones of a primary that fails.
func BenchmarkAlarm(b *testing.B) {
	a := &alarm{wake: make(chan struct{}, 1), troubles: make(map[*member]*trouble)}
	for range 100000 {
		m := &member{zone: refresh.NewZone(testApex, &refresh.Config{})}
		m.resort.Store(&lastResort{})
		a.troubles[m] = &trouble{since: time.Now()}
	}
	for b.Loop() {
		a.look(time.Now())
	}
}
