package health

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestDetection has a target die at the worst and at the best moment: right after, and right before a probe.
func TestDetection(t *testing.T) {
	for _, c := range []struct {
		name  string
		dying time.Duration // after the last probe that succeeded
		want  time.Duration
	}{
		{"right after a probe", 0, 15500 * time.Millisecond},
		{"right before the next one", 10 * time.Second, 5500 * time.Millisecond},
	} {
		x := newPatient(t).do(well)
		x.step(Event{Kind: Succeeded})
		died := x.m.Now.Add(c.dying)
		for x.Seen != Down {
			x.probe(nil, func(time.Time) bool { return false })
		}
		if got := x.m.Now.Sub(died); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	slowest := time.Duration(0)
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		x := newPatient(t).do(well)
		x.m.Chance = r.Float64()*2 - 1
		x.step(Event{Kind: Succeeded})
		died := x.m.Now
		for x.Seen != Down {
			x.probe(r, func(time.Time) bool { return false })
		}
		slowest = max(slowest, x.m.Now.Sub(died))
	}
	if slowest < 16*time.Second || slowest > 16900*time.Millisecond {
		t.Errorf("with jitter, at worst %s", slowest)
	}
}

// TestFlappingOnceASecond is drill 39: at most four changes, then DAMPED, and so it stays.
func TestFlappingOnceASecond(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 39))
		x := newPatient(t).do(well)
		x.moves, x.at = nil, nil
		phase := time.Duration(r.Int64N(int64(time.Second)))
		x.probeFor(30*time.Minute, r, func(at time.Time) bool {
			return at.Add(phase).UnixMilli()/500%2 == 0
		})
		n := len(x.moves)
		if n == 0 || n > 5 || x.moves[n-1].To != Damped || x.Phase() != Damped {
			t.Fatalf("seed %d: %s after %v", seed, x.Phase(), x.moves)
		}
	}
}

// TestAnOutageIsNoFlapping has a target die and come back every quarter of an hour.
func TestAnOutageIsNoFlapping(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	x := newPatient(t).do(well)
	x.probeFor(24*time.Hour, r, func(at time.Time) bool { return at.Minute()%15 > 2 })
	for _, e := range x.moves {
		if e.To == Damped {
			t.Fatal("it is damped")
		}
	}
	if len(x.moves) < 4*96 {
		t.Errorf("%d changes", len(x.moves))
	}
}

// TestPenaltiesGrow has a target behave for as long as it must, and then fail again.
func TestPenaltiesGrow(t *testing.T) {
	x := newPatient(t).do(well + "f2s2s2f2s2s2f")
	x.p.Cap = 3 * time.Minute
	for n, want := range []time.Duration{1, 2, 3, 3, 3} {
		if x.Seen != Damped || x.Dampings != n+1 || x.Until.Sub(x.m.Now) != want*time.Minute {
			t.Fatalf("%d: %s, damping %d, for %s", n, x.Seen, x.Dampings, x.Until.Sub(x.m.Now))
		}
		x.m.Now = x.Until
		if x.do("sssss"); x.Seen != Up || !x.Until.IsZero() || !x.Changes[len(x.Changes)-1].Equal(x.m.Now) {
			t.Fatalf("after the penalty: %s, changes %v", x.Seen, x.Changes)
		}
		for x.do("2f"); x.Seen != Damped; x.do("2s2s2f") {
			if x.Seen != Suspect {
				t.Fatal(x.Seen)
			}
		}
	}
	x.m.Now = x.Until
	x.do("sssss")
	x.after(x.p.Cap + time.Second)
	for x.Seen != Damped {
		x.do("2f2s2s")
	}
	if x.Dampings != 1 {
		t.Errorf("after good behaviour: damping %d", x.Dampings)
	}
}

func TestThePenaltyIsCapped(t *testing.T) {
	p := Defaults()
	for n, want := range map[int]time.Duration{1: time.Minute, 29: 29 * time.Minute, 30: p.Cap, 31: p.Cap, 1 << 30: p.Cap} {
		if got := p.penalty(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// FuzzStep plays any script, and checks what must hold after every event. The script is in the letters of patient.do.
func FuzzStep(f *testing.F) {
	for _, seed := range []string{well + "fffmssssms", "eeee", well + "f2s2s2f2s2s2fmssssssf", "IfffiDsA", "tttttmssUfffA"} {
		f.Add(seed, uint8(4))
	}
	f.Fuzz(func(t *testing.T, script string, flap uint8) {
		x := newPatient(t)
		x.p.Flap = max(1, int(flap%8))
		changes := []time.Time{} // since the last damping
		for _, c := range script {
			was, now := x.State, x.m.Now
			x.do(string(c))
			invariants(t, c, was, x)
			switch {
			case x.Seen == was.Seen:
			case x.Seen == Damped || was.Seen == Damped:
				changes = nil
			case was.Seen != Unknown && c != 'e' && c != 't' && !was.Hearsay:
				changes = append(changes, now)
			}
			if i := len(changes) - x.p.Flap - 1; i >= 0 && now.Sub(changes[i]) < x.p.FlapWindow {
				t.Fatalf("%d changes within %s", x.p.Flap+1, now.Sub(changes[i]))
			}
		}
	})
}

// edges are the changes there may be of what probes say.
var edges = map[Phase][]Phase{
	Unknown:    {Up, Down},
	Up:         {Suspect, Damped},
	Suspect:    {Up, Down, Damped},
	Down:       {Recovering, Damped},
	Recovering: {Up, Down, Damped},
	Damped:     {Up},
}

func invariants(t *testing.T, c rune, was State, x *patient) {
	t.Helper()
	changed := x.Seen != was.Seen
	switch {
	case changed && !slices.Contains(edges[was.Seen], x.Seen):
		t.Fatalf("%c: %s → %s", c, was.Seen, x.Seen)
	case changed && x.m.Frozen:
		t.Fatalf("%c: %s → %s while frozen", c, was.Seen, x.Seen)
	case changed && (c == 'e' || c == 't') && (was.Seen != Up || x.Seen != Suspect):
		t.Fatalf("%c: %s → %s by evidence", c, was.Seen, x.Seen)
	case changed && !x.Since.Equal(x.m.Now):
		t.Fatalf("%c: %s since %s", c, x.Seen, x.Since)
	case len(x.Changes) > x.p.Flap:
		t.Fatalf("%d changes are remembered", len(x.Changes))
	case (c == 's' || c == 'f' || c == 'h') && (x.Next.Before(x.m.Now) || x.Next.Sub(x.m.Now) > x.p.Down):
		t.Fatalf("%c: next after %s", c, x.Next.Sub(x.m.Now))
	case x.Seen == Damped && (x.Dampings < 1 || x.Until.IsZero() || x.Until.Sub(x.m.Now) > x.p.Cap):
		t.Fatalf("%c: damped %d times, until %s", c, x.Dampings, x.Until)
	case was.Seen == Damped && x.Seen == Up && x.m.Now.Before(was.Until):
		t.Fatalf("%c: the penalty is not over", c)
	case was.Seen == Recovering && x.Seen == Up && x.m.Now.Sub(was.Since) < x.p.HoldDown:
		t.Fatalf("%c: hold_down is not past", c)
	case x.Seen == Down && was.Seen != Down && x.Failures < x.p.Fall && was.Seen != Recovering:
		t.Fatalf("%c: down after %d failures", c, x.Failures)
	}
}
