package health

import (
	"testing"
	"time"
)

// well is up with successes and time enough behind it that nothing it did counts any more.
const well = "smmmmmmmmmmm"

// TestEveryEdge plays the way to a phase, and then what leads out of it or does not.
func TestEveryEdge(t *testing.T) {
	const (
		down       = well + "fff"
		recovering = down + "mm" + "s"
		// Two outages within ten minutes: the second one is one change too many at its end.
		damped = well + "fff" + "ms" + "2s2s2s2s2s2s2s2s2s2s2s2s2s2s2s" + "f"
	)
	for _, c := range []struct {
		name, script string
		want         Phase
	}{
		{"UNKNOWN is where it begins", "", Unknown},
		{"UNKNOWN: a success → UP", "s", Up},
		{"UNKNOWN: two failures do not suffice", "ff", Unknown},
		{"UNKNOWN: fall failures → DOWN", "fff", Down},
		{"UNKNOWN: a success after failures → UP", "ffs", Up},
		{"UNKNOWN: evidence decides nothing", "eeeeee", Unknown},
		{"UP: a success changes nothing", well + "s", Up},
		{"UP: a failure → SUSPECT", well + "f", Suspect},
		{"UP: a wrong answer → SUSPECT", well + "h", Suspect},
		{"UP: evidence → SUSPECT", well + "e", Suspect},
		{"UP: four timeouts in a row do not suffice", well + "tttt", Up},
		{"UP: five timeouts in a row → SUSPECT", well + "ttttt", Suspect},
		{"UP: an answered query ends the row", well + "ttttattt", Up},
		{"UP: a probe that is answered ends the row", well + "ttttsttt", Up},
		{"SUSPECT: a success does not suffice", well + "fs", Suspect},
		{"SUSPECT: clear successes → UP", well + "fss", Up},
		{"SUSPECT: only those in a row count", well + "fsfs", Suspect},
		{"SUSPECT: two failures do not suffice", well + "ff", Suspect},
		{"SUSPECT: fall failures → DOWN", well + "fff", Down},
		{"SUSPECT: wrong answers likewise", well + "hhh", Down},
		{"SUSPECT: only failures in a row count", well + "ffsff", Suspect},
		{"SUSPECT: evidence is no failure", well + "ffe", Suspect},
		{"SUSPECT by evidence: fall failures → DOWN", well + "efff", Down},
		{"SUSPECT by evidence: two failures do not suffice", well + "eff", Suspect},
		{"SUSPECT by evidence: clear successes → UP", well + "ess", Up},
		{"SUSPECT by evidence: a success does not suffice", well + "ses", Suspect},
		{"SUSPECT by evidence: what a probe confirms counts as flapping", well + "efss" + "efss" + "ef", Damped},
		{"DOWN: failures change nothing", down + "ffff", Down},
		{"DOWN: evidence changes nothing", down + "eeee", Down},
		{"DOWN: a success → RECOVERING", down + "s", Recovering},
		{"RECOVERING: a failure → DOWN", recovering + "f", Down},
		{"RECOVERING: evidence changes nothing", recovering + "e", Recovering},
		{"RECOVERING: rise in a row do not suffice before hold_down is past", recovering + "ssss2ssss", Recovering},
		{"RECOVERING: hold_down does not suffice without rise in a row", recovering + "mss", Recovering},
		{"RECOVERING: rise in a row, and hold_down past → UP", recovering + "sssms", Up},
		{"a fifth change within ten minutes → DAMPED", damped, Damped},
		{"a fourth is none too many", down + "ssssms", Up},
		{"nor is a fifth after ten minutes", down + "ssssms" + "mmmmmmmmmm" + "f", Suspect},
		{"DAMPED: no success counts before the penalty is over", damped + "22ssssssss", Damped},
		{"DAMPED: the penalty does not suffice without rise", damped + "mssss", Damped},
		{"DAMPED: penalty over, then rise → UP", damped + "msssss", Up},
		{"DAMPED: successes before the end of the penalty do not count", damped + "ssss" + "ms", Damped},
		{"DAMPED: a failure begins the penalty anew", damped + "ms" + "f" + "2sssss", Damped},
		{"DAMPED: which ends as well", damped + "ms" + "f" + "msssss", Up},
		{"DAMPED: failures do not lead elsewhere", damped + "fffffff", Damped},
		{"ADMIN by up", well + "U", Admin},
		{"ADMIN by down", well + "D", Admin},
		{"ADMIN by drain", well + "R", Admin},
		{"ADMIN: probes do not end it", well + "Dsssfffs", Admin},
		{"ADMIN: auto → what probes have seen: UP", "Ds" + "A", Up},
		{"ADMIN: auto → what probes have seen: DOWN", well + "UfffA", Down},
		{"ADMIN: auto of what was never probed → UNKNOWN", "UA", Unknown},
		{"frozen: a first success changes nothing", "Is", Unknown},
		{"frozen: failures do not make suspect", well + "Iffff", Up},
		{"frozen: evidence does not make suspect", well + "Ieeee", Up},
		{"frozen: a suspicion is not cleared", well + "fIsss", Suspect},
		{"frozen: nor confirmed", well + "fIffff", Suspect},
		{"frozen: what is down does not recover", down + "Isss", Down},
		{"frozen: what recovers goes on to", recovering + "Iff", Recovering},
		{"frozen: and is not up", recovering + "ssssIms", Recovering},
		{"frozen: what is damped stays so", damped + "mImsssssss", Damped},
		{"frozen: the operator is obeyed", well + "ID", Admin},
		{"thawed: failures meanwhile did not count", well + "fIffffi" + "f", Suspect},
		{"thawed: it goes on from there", well + "fIffffi" + "ff", Down},
		{"thawed: successes meanwhile did not count", well + "fIssi" + "s", Suspect},
	} {
		if got := newPatient(t).do(c.script).Phase(); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestTheRowOfTimeoutsIsConfigured(t *testing.T) {
	x := newPatient(t).do(well)
	x.p.Passive = 2
	if x.do("t"); x.Seen != Up {
		t.Error("one suffices")
	}
	if x.do("t"); x.Seen != Suspect {
		t.Error("two do not")
	}
	x = newPatient(t).do(well)
	x.p.Passive = 0
	if x.do("tttttttttteeee"); x.Seen != Up {
		t.Error("passive evidence counts though it is off")
	}
}

func TestAFallOfOneIsSudden(t *testing.T) {
	x := newPatient(t).do(well)
	x.p.Fall = 1
	if e := x.step(Event{Kind: Failed}); e.From != Up || e.To != Down {
		t.Errorf("%s → %s", e.From, e.To)
	}
}

func TestAnEffectTellsOutwardChangesOnly(t *testing.T) {
	x := newPatient(t).do(well + "D")
	x.moves = nil
	x.do("fffms")
	if len(x.moves) != 0 {
		t.Errorf("below an override: %v", x.moves)
	}
	if x.do("A"); len(x.moves) != 1 || x.moves[0].From != Admin || x.moves[0].To != Recovering {
		t.Errorf("%v", x.moves)
	}
}

func TestThePace(t *testing.T) {
	const seconds = time.Second
	for _, c := range []struct {
		name, script string
		took         time.Duration
		kind         Kind
		wait         time.Duration // from the beginning of the probe
	}{
		{"UP", well, 0, Succeeded, 10 * seconds},
		{"from the beginning of the probe", well, seconds, Succeeded, 10 * seconds},
		{"SUSPECT", well, 1500 * time.Millisecond, Failed, 2 * seconds},
		{"DOWN", well + "ff", 0, Failed, 30 * seconds},
		{"RECOVERING", well + "fff", 0, Succeeded, 2 * seconds},
		{"UNKNOWN, once it failed", "", 0, Failed, 2 * seconds},
		{"UP, frozen", well + "I", 0, Failed, 10 * seconds},
	} {
		x := newPatient(t).do(c.script)
		begun := x.m.Now
		x.after(c.took)
		x.step(Event{Kind: c.kind, Took: c.took})
		if got := x.Next.Sub(begun); got != c.wait {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	x := newPatient(t).do(well)
	for chance, want := range map[float64]time.Duration{-1: 9 * seconds, 0: 10 * seconds, 1: 11 * seconds} {
		x.m.Chance = chance
		if x.step(Event{Kind: Succeeded}); x.Next.Sub(x.m.Now) != want {
			t.Errorf("chance %v: %s", chance, x.Next.Sub(x.m.Now))
		}
	}
	if x.step(Event{Kind: Succeeded, Took: time.Hour}); !x.Next.Equal(x.m.Now) {
		t.Error("a probe is due before the last one has ended")
	}
}

func TestThePaceOfADampedOne(t *testing.T) {
	x := newPatient(t).do(well + "f2s2s2f2s2s2f")
	if x.Seen != Damped || x.Next.Sub(x.m.Now) != x.p.Fast {
		t.Fatalf("%s, next after %s", x.Seen, x.Next.Sub(x.m.Now))
	}
	if x.do("ff"); x.Next.Sub(x.m.Now) != x.p.Down {
		t.Errorf("one that is dead: next after %s", x.Next.Sub(x.m.Now))
	}
}

func TestEvidenceBringsTheProbeForward(t *testing.T) {
	x := newPatient(t).do(well + "s222e")
	if !x.Next.Equal(x.m.Now) {
		t.Errorf("%s later", x.Next.Sub(x.m.Now))
	}
	x = newPatient(t).do(well + "s")
	x.after(time.Second)
	for range 100 {
		x.do("e")
	}
	if got := x.Next.Sub(x.Checked); got != x.p.Fast {
		t.Errorf("%s after the last one: whoever may send evidence has us probe without a pause", got)
	}
	x = newPatient(t).do(well + "fff2")
	before := x.Next
	if x.do("e"); !x.Next.Equal(before) {
		t.Error("of one that is down")
	}
}

// TestHearsayAloneNeverDecides has evidence come for ever, while every probe is answered.
func TestHearsayAloneNeverDecides(t *testing.T) {
	x := newPatient(t).do(well)
	for range 1000 {
		x.do("e2s2s")
		if x.Seen != Up {
			t.Fatal(x.Seen)
		}
	}
	if len(x.Changes) != 0 {
		t.Error("it counts as flapping")
	}
}

func TestTheRoundTripTimeIsSmoothed(t *testing.T) {
	x := newPatient(t)
	for _, c := range []struct{ rtt, want time.Duration }{{80, 80}, {160, 90}, {0, 90}, {10, 80}} {
		if x.step(Event{Kind: Succeeded, RTT: c.rtt}); x.RTT != c.want {
			t.Errorf("after %d: %d, want %d", c.rtt, x.RTT, c.want)
		}
	}
	if x.step(Event{Kind: Failed, Took: time.Hour}); x.RTT != 80 {
		t.Error("a failure has a round-trip time")
	}
}

func TestSilence(t *testing.T) {
	x := newPatient(t).do(well + "f")
	since := x.m.Now
	if x.do("2f"); !x.Silent.Equal(since) {
		t.Errorf("silent since %s", x.Silent)
	}
	if x.do("h"); !x.Silent.IsZero() {
		t.Error("a wrong answer is silence")
	}
	if x.do("If"); !x.Silent.Equal(x.m.Now) {
		t.Error("silence is not noted while frozen")
	}
	if x.do("s"); !x.Silent.IsZero() {
		t.Error("a success is not noted while frozen")
	}
}

// TestAStepChangesNothingBehindItsBack steps twice from one state.
func TestAStepChangesNothingBehindItsBack(t *testing.T) {
	x := newPatient(t).do(well + "f2s2s2f")
	if len(x.Changes) != 3 {
		t.Fatal(x.Changes)
	}
	a, _ := x.State.Step(Event{Kind: Succeeded}, x.p, x.m)
	a, _ = a.Step(Event{Kind: Succeeded}, x.p, x.m)
	later := x.m
	later.Now = later.Now.Add(time.Second)
	b, _ := x.State.Step(Event{Kind: Succeeded}, x.p, later)
	b, _ = b.Step(Event{Kind: Succeeded}, x.p, later)
	if !a.Changes[3].Equal(x.m.Now) || !b.Changes[3].Equal(later.Now) || len(x.Changes) != 3 {
		t.Error("states share their memory")
	}
}
