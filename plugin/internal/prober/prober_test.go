package prober

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

func TestATargetIsProbedWhenItIsDue(t *testing.T) {
	scenario(t, "one that is well, that fails, is down, and comes back", Options{}, func(r *rig) {
		r.configure(r.watch("1.1"))
		r.after(25 * time.Second)
		r.probed("1.1", "0s 10s 20s")
		r.moved("1.1 UP")
		r.is(Timeout, "1.1")
		r.after(10 * time.Second)
		r.probed("1.1", "30s 32s 34s")
		r.after(500 * time.Millisecond) // 15.5 s after the last probe that was answered
		r.moved("1.1 DOWN, 1.1 SUSPECT")
		r.after(60 * time.Second)
		r.probed("1.1", "1m4s 1m34s")
		r.is(OK, "1.1")
		r.after(75 * time.Second)
		r.moved("1.1 RECOVERING, 1.1 UP")
		if s, _ := r.p.State("u", fake{name: "1.1"}.Key()); s.RTT != 10*time.Millisecond || !s.Usable() {
			r.Errorf("%+v", s)
		}
	})
	scenario(t, "an answer that comes after the timeout is none", Options{}, func(r *rig) {
		slow := r.watch("1.1")
		slow.User, slow.Params.Timeout = "hasty", 5*time.Millisecond
		r.configure(r.watch("1.1"), slow)
		r.after(time.Second)
		s, _ := r.p.State("hasty", slow.Check.Key())
		if r.phase("1.1") != health.Up || s.Failures != 1 || s.Reason != "slow" || !s.Silent.IsZero() {
			r.Errorf("%+v", s)
		}
	})
	scenario(t, "what this host cannot do says nothing about a target", Options{}, func(r *rig) {
		r.is(Local, "1.1")
		r.configure(r.watch("1.1"))
		r.after(5 * time.Second)
		r.probed("1.1", "0s 2.01s 4.02s")
		r.moved("")
		if s, _ := r.p.State("u", fake{name: "1.1"}.Key()); s.Failures != 0 || r.observe != 3 || r.p.Settled() {
			r.Errorf("%+v, %d observed", s, r.observe)
		}
		r.is(OK, "1.1")
		r.after(5 * time.Second)
		if r.moved("1.1 UP"); !r.p.Settled() {
			r.Error("it is not settled")
		}
	})
}

func TestOneProbeForAllWhoWatch(t *testing.T) {
	scenario(t, "results are fanned out", Options{}, func(r *rig) {
		a, b := r.watch("1.1"), r.watch("1.1")
		a.User, b.User = "a", "b"
		b.Params.Fall = 2
		r.configure(a, b)
		r.after(time.Second)
		r.is(Refused, "1.1")
		r.after(11500 * time.Millisecond)
		r.probed("1.1", "0s 10s 12s")
		r.moved("1.1 DOWN, 1.1 SUSPECT, 1.1 SUSPECT, 1.1 UP, 1.1 UP")
		if r.observe != 3 {
			r.Errorf("%d were observed", r.observe)
		}
		for user, want := range map[string]health.Phase{"a": health.Suspect, "b": health.Down} {
			if s, _ := r.p.State(user, a.Check.Key()); s.Phase() != want {
				r.Errorf("%s: %s", user, s.Phase())
			}
		}
	})
	scenario(t, "as often as the one who wants it most often", Options{}, func(r *rig) {
		a, b := r.watch("1.1"), r.watch("1.1")
		a.User, b.User, b.Params.Interval = "a", "b", 4*time.Second
		r.configure(a, b)
		r.after(10 * time.Second)
		r.probed("1.1", "0s 4s 8s")
	})
}

func TestProbesAreSpread(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	scenario(t, "a thousand targets", Options{Chance: func() float64 { return r.Float64()*2 - 1 }}, func(r *rig) {
		const n = 1000
		set := r.watches()
		for i := range n {
			set = append(set, r.watch(fmt.Sprintf("%d.%d", i/200, i%200+1)))
		}
		before := runtime.NumGoroutine()
		r.configure(set...)
		if got := runtime.NumGoroutine() - before; got > defaultWorkers+5 {
			r.Errorf("%d goroutines", got)
		}
		r.after(5 * time.Second)
		if !r.p.Settled() {
			r.Error("the first round is not over")
		}
		r.after(time.Minute)
		perSecond := map[int]int{}
		for _, times := range r.probes {
			if len(times) < 6 || len(times) > 8 {
				r.Fatalf("probed %d times", len(times))
			}
			for i, at := range times {
				perSecond[int(at.Seconds())]++
				if i == 0 {
					continue
				}
				if wait := at - times[i-1]; wait < 9*time.Second*(perWait-1)/perWait || wait > 11*time.Second+10*time.Millisecond {
					r.Fatalf("%s after the one before", wait)
				}
			}
		}
		for second, n := range perSecond {
			if n > 700 {
				r.Errorf("%d in second %d", n, second)
			}
		}
		if r.max > 64 {
			r.Errorf("%d at a time", r.max)
		}
	})
}

func TestProbesAreBounded(t *testing.T) {
	scenario(t, "so many at a time", Options{Workers: 5}, func(r *rig) {
		r.configure(r.watches("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "0.10", "0.11", "0.12")...)
		r.after(time.Second)
		if r.max != 5 || len(r.probes) != 12 {
			r.Errorf("%d at a time, %d in all", r.max, len(r.probes))
		}
	})
	scenario(t, "dead targets, however many, delay nobody else", Options{Workers: 8}, func(r *rig) {
		set := r.watches("9.1")
		for i := range 200 {
			name := fmt.Sprintf("1.%d", i+1)
			set = append(set, r.watch(name))
			r.is(Timeout, name)
		}
		r.configure(set...)
		r.after(time.Minute) // by then it is known who is dead
		r.locked(func() { r.probes, r.maxDead = map[string][]time.Duration{}, 0 })
		r.after(time.Minute)
		if got := len(r.probes["9.1"]); got != 6 {
			r.Errorf("%d probes of the live one in a minute", got)
		}
		if r.maxDead > 4 {
			r.Errorf("%d dead ones have the room of 8", r.maxDead)
		}
	})
}

func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, begun: time.Now(), probes: map[string][]time.Duration{}, running: map[string]int{}, down: map[string]Outcome{"1.1": Timeout}}
		r.p = New(Options{})
		r.configure(r.watch("1.1"))
		r.after(time.Millisecond)
		r.p.Close()
		if time.Since(r.begun) > 10*time.Millisecond || r.running["1.1"] != 0 {
			t.Errorf("after %s, %d probes run", time.Since(r.begun), r.running["1.1"])
		}
		if s, ok := r.p.State("u", fake{name: "1.1"}.Key()); !ok || s.Failures != 0 {
			t.Errorf("what was stopped is a failure: %+v", s)
		}
	}) // which fails if a goroutine is left
}

// TestRandomEvents changes everything at random. The rig sees probes that overlap.
func TestRandomEvents(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		scenario(t, fmt.Sprint("seed ", seed), Options{Workers: 3}, func(r *rig) {
			names := []string{"1.1", "1.2", "2.1", "2.2", "3.1", "4.1", "4.2", "5.1"}
			for range 300 {
				name := names[rnd.IntN(len(names))]
				switch rnd.IntN(6) {
				case 0:
					rnd.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
					r.configure(r.watches(names[:rnd.IntN(len(names)+1)]...)...)
				case 1:
					r.is([]Outcome{OK, Timeout, Refused, Local}[rnd.IntN(4)], name)
				case 2:
					r.p.Report(at(name), health.Event{Kind: health.Evidence})
				case 3:
					r.p.Order("u", fake{name: name}.Key(), []health.Override{health.Auto, health.ForceUp}[rnd.IntN(2)])
				default:
					r.after(time.Duration(rnd.Int64N(int64(5 * time.Second))))
				}
			}
			if r.max > 3 {
				r.Errorf("%d at a time", r.max)
			}
			r.is(OK, names...)
			r.configure(r.watches(names...)...)
			r.after(3 * time.Minute)
			r.locked(func() { clear(r.probes) })
			r.after(11 * time.Minute)
			for _, name := range names {
				if n := len(r.probes[name]); n < 60 {
					r.Errorf("%s was probed %d times", name, n)
				}
			}
			r.p.mu.Lock()
			defer r.p.mu.Unlock()
			heard, all := r.p.heard, r.p.all
			if r.p.count(); r.p.heard != heard || r.p.all != all || r.p.runningSilent != 0 || len(r.p.due)+r.p.prompt.Len()+r.p.silent.Len()+r.p.running != len(names) {
				r.Errorf("counted %v of %v, %d silent, %d due", heard, all, r.p.runningSilent, len(r.p.due))
			}
		})
	}
}
