package health

import (
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// patient is a target with a clock that is moved by hand.
type patient struct {
	*testing.T
	State
	p     Params
	m     Moment
	moves []Effect // all that changed the phase
	at    []time.Time
}

func newPatient(t *testing.T) *patient {
	return &patient{T: t, p: Defaults(), m: Moment{Now: noon}}
}

func (x *patient) step(e Event) Effect {
	s, effect := x.State.Step(e, x.p, x.m)
	x.State = s
	if effect.Changed() {
		x.moves, x.at = append(x.moves, effect), append(x.at, x.m.Now)
	}
	return effect
}

func (x *patient) after(d time.Duration) { x.m.Now = x.m.Now.Add(d) }

// do plays a script, a letter an event:
//
//	s  a success         f  a failure without an answer   h  one with a wrong answer
//	e  evidence          t  a query that timed out        a  one that was answered
//	2  two seconds pass  m  a minute                      I, i  isolation begins, ends
//	U, D, R, A           the operator says up, down, drain, auto
func (x *patient) do(script string) *patient {
	for _, c := range script {
		switch c {
		case 's':
			x.step(Event{Kind: Succeeded, RTT: time.Millisecond})
		case 'f':
			x.step(Event{Kind: Failed, Reason: "timeout"})
		case 'h':
			x.step(Event{Kind: Failed, Reason: "status", Heard: true})
		case 'e':
			x.step(Event{Kind: Evidence, Reason: "transfer"})
		case 't':
			x.step(Event{Kind: TimedOut, Reason: "queries"})
		case 'a':
			x.step(Event{Kind: Answered})
		case '2':
			x.after(2 * time.Second)
		case 'm':
			x.after(time.Minute)
		case 'I', 'i':
			x.m.Frozen = c == 'I'
		case 'U', 'D', 'R', 'A':
			x.step(Event{Kind: Ordered, Override: map[rune]Override{'U': ForceUp, 'D': ForceDown, 'R': ForceDrain}[c]})
		}
	}
	return x
}

// probe probes when that is due, and takes as long as the answer or the timeout. alive says whether the target answers a
// probe that begins at a moment. Without r there is no jitter.
func (x *patient) probe(r *rand.Rand, alive func(time.Time) bool) {
	if x.Next.After(x.m.Now) {
		x.m.Now = x.Next
	}
	e := Event{Kind: Succeeded, Took: time.Millisecond, RTT: time.Millisecond}
	if !alive(x.m.Now) {
		e = Event{Kind: Failed, Took: x.p.Timeout, Reason: "timeout"}
	}
	x.after(e.Took)
	if x.m.Chance = 0; r != nil {
		x.m.Chance = r.Float64()*2 - 1
	}
	x.step(e)
}

// probeFor probes until so much time has passed.
func (x *patient) probeFor(d time.Duration, r *rand.Rand, alive func(time.Time) bool) {
	for end := x.m.Now.Add(d); x.m.Now.Before(end); {
		x.probe(r, alive)
	}
}
