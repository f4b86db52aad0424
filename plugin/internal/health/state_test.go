package health

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestUse(t *testing.T) {
	p := Defaults()
	for _, c := range []struct {
		name             string
		s                State
		usable, lastHope bool
	}{
		{"UNKNOWN", State{}, true, false},
		{"UP", State{Seen: Up}, true, false},
		{"SUSPECT", State{Seen: Suspect}, true, false},
		{"DOWN", State{Seen: Down}, false, false},
		{"RECOVERING", State{Seen: Recovering}, false, false},
		{"DAMPED", State{Seen: Damped, Failures: 2}, false, true},
		{"DAMPED, and dead", State{Seen: Damped, Failures: 3}, false, false},
		{"ADMIN up", State{Seen: Down, Override: ForceUp}, true, false},
		{"ADMIN down", State{Seen: Up, Override: ForceDown}, false, false},
		{"ADMIN down, damped", State{Seen: Damped, Override: ForceDown}, false, false},
		{"ADMIN drain", State{Seen: Up, Override: ForceDrain}, false, true},
		{"ADMIN drain, down", State{Seen: Down, Override: ForceDrain}, false, false},
	} {
		if got := c.s.Usable(); got != c.usable {
			t.Errorf("%s: usable is %v", c.name, got)
		}
		if got := c.s.LastResort(p); got != c.lastHope {
			t.Errorf("%s: a last resort is %v", c.name, got)
		}
	}
}

func TestRank(t *testing.T) {
	order := []State{
		{Seen: Up}, {Seen: Unknown}, {Seen: Suspect}, {Seen: Recovering}, {Seen: Damped},
		{Seen: Up, Override: ForceDrain}, {Seen: Down}, {Seen: Up, Override: ForceDown},
	}
	for i, a := range order {
		for j, b := range order {
			if a.Healthier(b) != (i < j) {
				t.Errorf("%d healthier than %d: %v", i, j, a.Healthier(b))
			}
		}
	}
	if (State{Seen: Up}).Healthier(State{Seen: Down, Override: ForceUp}) {
		t.Error("what is forced up is worth leaving")
	}
}

func TestAStateIsSavedAndRestored(t *testing.T) {
	x := newPatient(t).do(well + "fffms2s2s2s2s" + "R")
	text, err := json.Marshal(x.State)
	if err != nil {
		t.Fatal(err)
	}
	var saved State
	if err := json.Unmarshal(text, &saved); err != nil {
		t.Fatal(err)
	}
	later := x.m.Now.Add(time.Minute)
	got := saved.Restored(x.p, later)
	want := x.State
	want.Successes, want.Failures, want.Next, want.Since = 0, 0, time.Time{}, later
	if got.Seen != Recovering || got.Phase() != Admin || !reflect.DeepEqual(got, want) {
		t.Errorf("%s\n%+v, want\n%+v", text, got, want)
	}
	x.State, x.m.Now = got, later
	if x.do("A"); x.Phase() != Recovering {
		t.Error(x.Phase())
	}
	if x.do("ssss"); x.Phase() != Recovering {
		t.Error("what it did before counts")
	}
	if x.do("ms"); x.Phase() != Up {
		t.Error(x.Phase())
	}
}

func TestAnEmptyStateIsShort(t *testing.T) {
	if text, err := json.Marshal(State{}); err != nil || string(text) != `{"seen":"UNKNOWN"}` {
		t.Errorf("%s, %v", text, err)
	}
}

func TestEveryPhaseIsRestored(t *testing.T) {
	for _, phase := range Phases() {
		text, err := json.Marshal(State{Seen: phase, Until: noon.Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		var s State
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		if phase == Admin {
			phase = Unknown
		}
		if s = s.Restored(Defaults(), noon); s.Seen != phase || !s.Until.Equal(noon.Add(time.Minute)) {
			t.Errorf("%s: %+v", phase, s)
		}
	}
}

func TestTheFutureIsNotBelieved(t *testing.T) {
	future := noon.Add(1000 * time.Hour)
	s := State{
		Seen: Damped, Since: future, Until: future, Released: future, Checked: future, Silent: future,
		Changes: slices.Repeat([]time.Time{future}, 1000), Dampings: -3, RTT: -1,
		Successes: 1, Failures: 1, Timeouts: 1, Hearsay: true, Next: noon,
	}.Restored(Defaults(), noon)
	want := State{
		Seen: Damped, Since: noon, Until: noon.Add(Defaults().Cap), Released: noon, Checked: noon, Silent: noon,
		Changes: slices.Repeat([]time.Time{noon}, 4),
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("%+v", s)
	}
}

func TestWhatIsNoStateIsRefused(t *testing.T) {
	for _, text := range []string{`{"seen":"DEAD"}`, `{"seen":"UP","override":"sideways"}`} {
		var s State
		if err := json.Unmarshal([]byte(text), &s); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestParseOverride(t *testing.T) {
	for word, want := range map[string]Override{"up": ForceUp, "down": ForceDown, "drain": ForceDrain, "auto": Auto} {
		if got, err := ParseOverride(word); got != want || err != nil {
			t.Errorf("%s: %q, %v", word, got, err)
		}
	}
	for _, word := range []string{"", "UP", "on"} {
		if _, err := ParseOverride(word); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", word, err)
		}
	}
}

func TestParams(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
	if got := Defaults().Apart(); got != 12500*time.Millisecond {
		t.Error(got)
	}
	for name, spoil := range map[string]func(*Params){
		"interval":     func(p *Params) { p.Interval = time.Second - 1 },
		"timeout":      func(p *Params) { p.Timeout = p.Fast },
		"no timeout":   func(p *Params) { p.Timeout = 0 },
		"slow":         func(p *Params) { p.Fast, p.Timeout = time.Hour, p.Interval },
		"slow and out": func(p *Params) { p.Down = p.Timeout },
		"fall":         func(p *Params) { p.Fall = 0 },
		"rise":         func(p *Params) { p.Rise = 0 },
		"clear":        func(p *Params) { p.Clear = 0 },
		"hold_down":    func(p *Params) { p.HoldDown = -1 },
		"flap":         func(p *Params) { p.Flap = 0 },
		"more flap":    func(p *Params) { p.Flap = mostChanges + 1 },
		"window":       func(p *Params) { p.FlapWindow = 0 },
		"penalty":      func(p *Params) { p.Penalty = 0 },
		"cap":          func(p *Params) { p.Cap = p.Penalty - 1 },
		"passive":      func(p *Params) { p.Passive = -1 },
		"jitter":       func(p *Params) { p.Jitter = 1 },
	} {
		p := Defaults()
		spoil(&p)
		if err := p.Validate(); !errors.Is(err, ErrParams) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
