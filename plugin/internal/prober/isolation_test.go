package prober

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

// apart is far enough for probes not to begin together.
const apart = 600 * time.Millisecond

// staggered configures watches one after the other, so that they do not fail at the same moment.
func (r *rig) staggered(set ...Watch) {
	r.Helper()
	for i := range set {
		r.configure(set[:i+1]...)
		r.after(apart)
	}
}

func TestIsolation(t *testing.T) {
	scenario(t, "drill 41: our own uplink is lost for a while", Options{}, func(r *rig) {
		r.staggered(r.watches("1.1", "2.1", "3.1")...)
		r.after(8 * time.Second)
		r.moved("1.1 UP, 2.1 UP, 3.1 UP")
		r.is(Timeout, "1.1", "2.1", "3.1")
		r.after(30 * time.Second)
		r.froze("true at 12.7s")
		r.moved("1.1 SUSPECT, 2.1 SUSPECT")
		if i, frozen := r.p.Isolation(); !frozen || i.Canary {
			r.Errorf("%+v", i)
		}
		r.is(OK, "1.1", "2.1", "3.1")
		r.after(20 * time.Second)
		r.moved("1.1 UP, 2.1 UP")
		r.froze("false at 40.01s")
	})
	scenario(t, "the others are asked at once, so that nobody is down before it is known", Options{}, func(r *rig) {
		slow := r.watch("2.1")
		slow.Params.Interval = time.Minute
		r.configure(r.watch("1.1"), slow)
		r.after(9 * time.Second)
		r.is(Timeout, "1.1", "2.1")
		r.after(20 * time.Second)
		r.moved("1.1 SUSPECT, 1.1 UP, 2.1 UP")
		r.froze("true at 13s")
	})
	scenario(t, "one that fails alone calls witnesses, and is down as soon as ever", Options{}, func(r *rig) {
		r.configure(r.watches("1.1", "1.2", "2.1")...)
		r.after(9 * time.Second)
		r.is(Timeout, "1.1")
		r.after(6500 * time.Millisecond)
		r.moved("1.1 DOWN, 1.1 SUSPECT, 1.1 UP, 1.2 UP, 2.1 UP")
		r.froze("")
	})
	scenario(t, "nobody is called if somebody was heard meanwhile", Options{}, func(r *rig) {
		r.configure(r.watches("1.1", "2.1")...)
		r.after(9 * time.Second)
		r.is(Timeout, "1.1")
		r.after(4 * time.Second)
		r.probed("2.1", "0s 10s")
	})
	scenario(t, "few are called", Options{}, func(r *rig) {
		set := r.watches("1.1")
		for i := range 100 {
			w := r.watch(fmt.Sprintf("2.%d", i+1))
			w.Params.Interval = time.Hour
			set = append(set, w)
		}
		r.configure(set...)
		r.after(9 * time.Second)
		r.locked(func() { clear(r.probes) })
		r.is(Timeout, "1.1")
		r.after(20 * time.Second)
		if n := len(r.probes) - 1; n != mostWitnesses {
			r.Errorf("%d were called", n)
		}
	})
	scenario(t, "without a canary the freeze ends after a minute", Options{}, func(r *rig) {
		set := r.watches("1.1", "2.1")
		set[1].Params.Interval = 11 * time.Second // so that no probe ends when the freeze does
		r.staggered(set...)
		r.after(8 * time.Second)
		r.is(Timeout, "1.1", "2.1")
		r.after(time.Minute)
		r.moved("1.1 SUSPECT, 1.1 UP, 2.1 UP")
		r.after(20 * time.Second)
		r.moved("1.1 DOWN, 2.1 DOWN, 2.1 SUSPECT")
		r.froze("true at 13s, false at 1m13s")
	})
	scenario(t, "a whole network that fails is not us", Options{}, func(r *rig) {
		r.configure(r.watches("1.1", "1.2")...)
		r.after(9 * time.Second)
		r.is(Timeout, "1.1", "1.2")
		r.after(7 * time.Second)
		r.moved("1.1 DOWN, 1.1 SUSPECT, 1.1 UP, 1.2 DOWN, 1.2 SUSPECT, 1.2 UP")
		r.froze("")
	})
	scenario(t, "wrong answers are answers", Options{}, func(r *rig) {
		r.configure(r.watches("1.1", "2.1")...)
		r.after(9 * time.Second)
		r.is(Refused, "1.1", "2.1")
		r.after(7 * time.Second)
		r.moved("1.1 DOWN, 1.1 SUSPECT, 1.1 UP, 2.1 DOWN, 2.1 SUSPECT, 2.1 UP")
		r.froze("")
	})
	scenario(t, "the canary fails, and nothing changes until it is heard again", Options{}, func(r *rig) {
		canary := r.watch("9.9")
		canary.Canary = true
		r.staggered(canary, r.watch("1.1"))
		r.after(8 * time.Second)
		r.is(Timeout, "9.9", "1.1")
		r.after(5 * time.Minute)
		r.froze("true at 11.5s")
		r.moved("1.1 UP, 9.9 UP")
		r.is(OK, "9.9")
		r.after(10 * time.Second)
		if r.phase("1.1") != health.Suspect && r.phase("1.1") != health.Down {
			r.Error(r.phase("1.1"))
		}
		if len(r.frozen) != 1 {
			r.Error(r.frozen)
		}
	})
	scenario(t, "a canary that was lost once is asked again soon", Options{}, func(r *rig) {
		canary := r.watch("9.9")
		canary.Canary = true
		r.staggered(canary, r.watch("1.1"))
		r.after(8 * time.Second)
		r.is(Timeout, "9.9")
		r.after(2 * time.Second)
		r.is(OK, "9.9")
		r.after(10 * time.Second)
		r.froze("true at 11.5s, false at 12.01s")
	})
	scenario(t, "a canary that is heard does not hide that nobody else is", Options{}, func(r *rig) {
		canary := r.watch("9.9")
		canary.Canary = true
		r.configure(canary, r.watch("1.1"), r.watch("2.1"))
		r.after(9 * time.Second)
		r.is(Timeout, "1.1", "2.1")
		r.after(3 * time.Minute)
		r.froze("true at 11.5s, false at 1m11.5s")
	})
	scenario(t, "those that are gone are not waited for", Options{}, func(r *rig) {
		r.configure(r.watches("1.1", "2.1")...)
		r.after(9 * time.Second)
		r.is(Timeout, "1.1", "2.1")
		r.after(10 * time.Second)
		r.configure(r.watches("1.1")...)
		r.after(time.Second)
		r.froze("true at 11.5s, false at 19s")
	})
	scenario(t, "one that was dead before the restart proves nothing", Options{}, func(r *rig) {
		text := `{"version":1,"watches":[{"user":"u","kind":"tcp","addr":"192.0.1.1:53","state":{"seen":"DOWN","silent":"1999-01-01T00:00:00Z"}}]}`
		if err := r.p.Restore([]byte(text)); err != nil {
			r.Fatal(err)
		}
		r.is(Timeout, "1.1")
		r.configure(r.watches("1.1", "2.1")...)
		r.after(9 * time.Second)
		r.is(Timeout, "2.1")
		r.after(10 * time.Second)
		r.froze("")
		r.moved("2.1 DOWN, 2.1 SUSPECT, 2.1 UP")
	})
	scenario(t, "a file that is there says nothing of the network", Options{}, func(r *rig) {
		file := Watch{User: "u", Check: noCheck{Key{Kind: KindFile}}, Params: health.Defaults()}
		r.configure(append(r.watches("1.1", "2.1"), file)...)
		r.after(9 * time.Second)
		r.is(Timeout, "1.1", "2.1")
		r.after(9 * time.Second)
		r.froze("true at 11.5s")
	})
	scenario(t, "canaries are called first", Options{Workers: 200}, func(r *rig) {
		set := r.watches("1.1")
		for i := range 100 {
			set = append(set, r.watch(fmt.Sprintf("2.%d", i+1)))
		}
		set = append(set, r.watch("9.9"))
		set[101].Canary = true
		for i := range set[1:] {
			set[i+1].Params.Interval = time.Hour
		}
		r.configure(set...)
		r.after(9 * time.Second)
		r.locked(func() { clear(r.probes) })
		r.is(Timeout, "1.1")
		r.after(5 * time.Second)
		r.probed("9.9", "11.5s")
	})
}
