package prober

import (
	"math/rand/v2"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

// tally counts targets of the two kinds.
type tally struct{ canaries, others int }

func (n *tally) add(t *target, by int) {
	switch {
	case !t.key.Addr.IsValid(): // what is not reached over the network says nothing of it
	case t.isCanary():
		n.canaries += by
	default:
		n.others += by
	}
}

// count counts all targets, after the set has changed.
func (p *Prober) count() {
	p.heard, p.all = tally{}, tally{}
	for _, t := range p.targets {
		if len(t.machines) == 0 {
			continue
		}
		p.all.add(t, 1)
		if t.silent.IsZero() {
			p.heard.add(t, 1)
		}
	}
}

// listen notes whether a probe heard something, and says whether the target has just fallen silent. What is suspected of
// ourselves follows from who is silent, so that it is looked at again only if that has changed.
func (p *Prober) listen(t *target, r Result, now time.Time) (fell bool) {
	t.probed = true
	heard, was := r.Outcome.heard(), t.silent.IsZero()
	if heard {
		t.heard = t.begun
	}
	switch {
	case heard == was:
		return false
	case heard:
		t.silent = time.Time{}
		p.heard.add(t, 1)
	default:
		t.silent = now
		p.heard.add(t, -1)
	}
	p.suspectOurselves(now)
	return !heard
}

// suspectOurselves looks at the targets whether it is us who is cut off. As long as somebody is heard nobody else matters.
func (p *Prober) suspectOurselves(now time.Time) {
	if p.heard.others > 0 && (p.all.canaries == 0 || p.heard.canaries > 0) {
		p.isolation = health.Isolation{}
	} else {
		p.isolation = p.isolation.Step(p.looks(), p.apart, now)
	}
	p.thaw(now)
}

// looks are those of all targets that are reached over the network.
func (p *Prober) looks() (looks []health.Look) {
	for _, t := range p.targets {
		if len(t.machines) > 0 && t.key.Addr.IsValid() {
			looks = append(looks, t.look())
		}
	}
	return looks
}

// thaw tells whether transitions are frozen, if that has changed.
func (p *Prober) thaw(now time.Time) {
	frozen := p.isolation.Frozen(now)
	if frozen == p.frozen {
		return
	}
	p.frozen, p.urgent = frozen, true
	i := p.isolation
	p.updates = append(p.updates, func() { p.opts.Isolated(i, frozen) })
}

// mostWitnesses is how many targets are asked at once whether it is us who is cut off. Those that fall silent in turn call
// more of them.
const mostWitnesses = 8

// callWitnesses has targets in other networks probed at once. Nobody is called if one of them was heard since the probe
// began that heard nothing.
func (p *Prober) callWitnesses(of *target, now time.Time) {
	canaries, others := p.witnesses(of)
	rand.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	called := append(canaries, others...)
	for _, t := range called {
		if !t.heard.Before(of.begun) {
			return
		}
	}
	for _, t := range called[:min(mostWitnesses, len(called))] {
		if !t.running && t.queue == nil {
			p.due.place(t, now)
		}
	}
}

// witnesses are the targets in other networks of which something was heard last.
func (p *Prober) witnesses(of *target) (canaries, others []*target) {
	network := health.Network(of.key.Addr.Addr())
	for _, t := range p.targets {
		if !t.silent.IsZero() || !t.key.Addr.IsValid() || len(t.machines) == 0 || health.Network(t.key.Addr.Addr()) == network {
			continue
		}
		if t.isCanary() {
			canaries = append(canaries, t)
		} else {
			others = append(others, t)
		}
	}
	return canaries, others
}
