package prober

import (
	"cmp"
	"context"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

// loop starts probes and tells what has become of them, until Close.
func (p *Prober) loop() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer p.connector.stop()
	for p.ctx.Err() == nil {
		p.connector.collect(time.Now())
		updates, at := p.turn(time.Now())
		for _, tell := range updates {
			tell()
		}
		at = p.connect(at)
		if at.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(at))
		}
		select {
		case <-timer.C:
		case <-p.wake:
		case <-p.ctx.Done():
		}
	}
}

// connect begins the checks that turn left to the connector. It returns when to come back: at the moment that turn said,
// or earlier for the results of what runs.
func (p *Prober) connect(at time.Time) time.Time {
	p.mu.Lock()
	begin, patience, running := p.connects, p.patience, p.running > 0
	p.connects = nil
	p.mu.Unlock()
	for _, c := range begin {
		p.connector.begin(c.check, c.timeout, c.finish)
	}
	now := time.Now()
	if len(begin) > 0 {
		p.connector.collect(now) // whoever is on this host has answered
	}
	if !running {
		return at
	}
	back := now.Add(patience)
	if ends := p.connector.ends(); p.connector.busy() && ends.Before(back) {
		back = ends
	}
	if at.IsZero() || back.Before(at) {
		return back
	}
	return at
}

// turn starts the probes that are due. It returns what is to be told, and when something
// is due that nobody wakes it for; zero: nothing is.
//
// What is due soon begins together with what is due now, so that a thousand targets wake this host twice a second and not
// a hundred times.
func (p *Prober) turn(now time.Time) (updates []func(), at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.thaw(now)
	if len(p.due) > 0 && !p.due[0].next.After(now) {
		for len(p.due) > 0 && !p.due[0].earliest().After(now) {
			p.makeReady(p.due[0])
		}
	}
	for t := p.nextReady(); t != nil; t = p.nextReady() {
		p.start(t, now)
	}
	if len(p.due) > 0 {
		at = p.due[0].next
	}
	if end := p.isolation.Ends(); end.After(now) && (at.IsZero() || end.Before(at)) {
		at = end
	}
	updates, p.updates, p.urgent = p.updates, nil, false
	return updates, at
}

// nextReady is the target to be probed next; nil: there is none, or no room for it. Those that are silent come last, and
// have half of the room.
func (p *Prober) nextReady() *target {
	if p.running >= p.opts.Workers {
		return nil
	}
	if e := p.prompt.Front(); e != nil {
		return e.Value.(*target)
	}
	if e := p.silent.Front(); e != nil && p.runningSilent < max(1, p.opts.Workers/2) {
		return e.Value.(*target)
	}
	return nil
}

func (p *Prober) start(t *target, now time.Time) {
	t.asSilent = t.queue == &p.silent
	t.leaveQueue()
	t.running, t.begun = true, now
	p.running++
	if t.asSilent {
		p.runningSilent++
	}
	p.run(t.check, t.timeout(), func(r Result) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.finished(t, r, time.Now())
		if p.urgent || r.Outcome != OK || p.prompt.Len() > 0 || p.silent.Len() > 0 {
			p.poke() // any other result waits until the loop comes by: most of what a probe costs is to be woken
		}
	})
}

// A task is a check that the connector is to begin.
type task struct {
	check   Check
	timeout time.Duration
	finish  func(Result)
}

// launch has the connector run a check, or a goroutine.
func (p *Prober) launch(c Check, timeout time.Duration, finish func(Result)) {
	if p.connector.takes(c) {
		p.connects = append(p.connects, task{c, timeout, finish})
		return
	}
	p.done.Go(func() {
		ctx, cancel := context.WithTimeout(p.ctx, timeout)
		defer cancel()
		finish(c.Run(ctx))
	})
}

// finished deals with the result of a probe.
func (p *Prober) finished(t *target, r Result, now time.Time) {
	t.running = false
	p.running--
	if t.asSilent {
		p.runningSilent--
	}
	if len(t.machines) == 0 {
		p.forget(t)
		return
	}
	took := now.Sub(t.begun)
	p.updates = append(p.updates, func() { p.opts.Observe(t.key, r, cmp.Or(r.Took, took)) })
	if r.Outcome.void() {
		p.again(t, now)
		return
	}
	fell := p.listen(t, r, now)
	for _, m := range t.machines {
		p.step(m, event(r, took, m.Params.Timeout), &r, now)
	}
	if fell {
		p.callWitnesses(t, now)
	}
	p.plan(t)
}

// again probes a target anew soon, without a word about it.
func (p *Prober) again(t *target, now time.Time) {
	for _, m := range t.machines {
		m.state.Next = now.Add(m.Params.Fast)
	}
	p.plan(t)
}

// event is what a result is to a watch with a timeout of its own.
func event(r Result, took, timeout time.Duration) health.Event {
	if r.Outcome == OK && r.RTT > timeout {
		r.Outcome = Slow
	}
	if r.Outcome == OK {
		return health.Event{Kind: health.Succeeded, Took: took, RTT: r.RTT}
	}
	reason := string(r.Outcome)
	if r.Err != nil {
		reason += ": " + r.Err.Error()
	}
	return health.Event{Kind: health.Failed, Took: took, Reason: reason, Heard: r.Outcome.heard()}
}

// step has an event happen to a watch. r is the result if it was a probe; of other events, which may be many, only those
// are told that changed something.
func (p *Prober) step(m *machine, e health.Event, r *Result, now time.Time) {
	moment := health.Moment{Now: now, Chance: p.opts.Chance(), Frozen: p.isolation.Frozen(now)}
	override := m.state.Override
	var effect health.Effect
	m.state, effect = m.state.Step(e, m.Params, moment)
	if m.Tell == nil || r == nil && !effect.Changed() && m.state.Override == override {
		return
	}
	p.urgent = p.urgent || effect.Changed()
	update := Update{User: m.User, Key: m.Check.Key(), State: m.state, Effect: effect, Result: r}
	tell := m.Tell
	p.updates = append(p.updates, func() { tell(update) })
}
