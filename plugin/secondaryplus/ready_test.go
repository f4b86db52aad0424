package secondaryplus

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// zones is an engine with zones that were never loaded; nothing asks for them.
func zones(t testing.TB, n int) (*engine, []*member) {
	t.Helper()
	e := testEngine()
	v := "abcdefghijklmnopqrstuvwxyz"
	var list []*member
	for i := range n {
		m := leased(nil, 0, &lastResort{})
		m.since = time.Now()
		e.members[identity{nameInView: nameInView{zone: strings.Repeat(v, i/26+1) + v[i%26:i%26+1]}}] = m
		list = append(list, m)
	}
	return e, list
}

func TestReadyWhenAllIsLoadedOrWasWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, list := zones(t, 2)
		v := testVersion(t, 7, time.Time{})
		expect := func(when string, want bool) {
			t.Helper()
			<-time.After(readyAge)
			if got := e.ready(); got != want {
				t.Errorf("%s: ready is %v", when, got)
			}
		}
		expect("at start", false)
		restore(list[0], v, -time.Hour)
		expect("with one of two", false)
		<-time.After(readyWait)
		expect("after the wait", true)
		restore(list[0], v, time.Minute)
		expect("when none can be answered", false)
		restore(list[1], v, -time.Hour)
		expect("when half of them can", true)
		restore(list[1], v, time.Minute)
		expect("when none can again", false)
		for _, m := range list {
			m.resort.Store(&lastResort{stale: forever})
			m.begin()
		}
		expect("when both are stale", true)
	})
}

func TestReadyWithMoreThanHalf(t *testing.T) {
	for _, c := range []struct {
		zones, answered int
		want            bool
	}{{0, 0, true}, {1, 0, false}, {1, 1, true}, {2, 1, true}, {3, 1, false}, {3, 2, true}, {4, 2, true}, {5, 2, false}} {
		e, list := zones(t, c.zones)
		e.readiness.once = true
		v := testVersion(t, 7, time.Time{})
		for _, m := range list[:c.answered] {
			restore(m, v, -time.Hour)
		}
		if got := e.ready(); got != c.want {
			t.Errorf("%d of %d zones are answered: ready is %v", c.answered, c.zones, got)
		}
	}
}

func TestReadinessIsNotFoundAnewForEveryQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, list := zones(t, 1)
		restore(list[0], testVersion(t, 7, time.Time{}), -time.Hour)
		first := e.ready()
		restore(list[0], testVersion(t, 7, time.Time{}), time.Minute)
		if second := e.ready(); !first || !second {
			t.Errorf("%v, then %v", first, second)
		}
		<-time.After(readyAge)
		if e.ready() {
			t.Error("still ready")
		}
	})
}

func BenchmarkMostAnswer(b *testing.B) {
	e, _ := zones(b, 100_000)
	for b.Loop() {
		e.mostAnswer()
	}
}
