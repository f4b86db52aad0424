package prober

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// apiece is how far the first probes of new targets are apart, on average, unless they are so many that the first round
// would take longer than firstRound.
const (
	apiece     = 5 * time.Millisecond
	firstRound = 2 * time.Second
)

// What is due soon begins together with what is due now: what is due within a part of its own wait, which is less than what
// chance makes of waits, and in the first round within mostTogether. For a part of the shortest timeout, a result may be left
// lying that changes nothing, or that the connector has.
const (
	perWait      = 20
	perTimeout   = 15
	mostTogether = 100 * time.Millisecond
)

// Configure sets what is watched from now on. A watch that was there, by user and key, keeps its state, and one that was
// restored has that; others begin anew. What is no longer watched is forgotten, and Tell is not called for it any more,
// but for what has happened already. If the set makes no sense nothing changes; the error wraps ErrWatch.
func (p *Prober) Configure(set []Watch) error {
	if err := validate(set); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	machines := make(map[machineID]*machine, len(set))
	for _, t := range p.targets {
		t.machines = nil
	}
	p.apart, p.patience = 0, mostTogether
	var fresh []*target
	for _, w := range set {
		id := machineID{w.User, w.Check.Key()}
		machines[id] = p.machineFor(id, w, now)
		t := p.targets[id.key]
		if t == nil {
			t = &target{key: id.key, index: -1, silent: machines[id].state.Silent}
			p.targets[id.key] = t
			fresh = append(fresh, t)
		}
		t.check, t.machines = w.Check, append(t.machines, machines[id])
		p.apart, p.patience = max(p.apart, w.Params.Apart()), min(p.patience, w.Params.Timeout/perTimeout)
	}
	p.machines, p.restored = machines, nil
	p.spread(fresh, now)
	for _, t := range p.targets {
		p.adopt(t)
	}
	p.index()
	p.count()
	p.suspectOurselves(now)
	p.poke()
	return nil
}

// machineFor is the machine of a watch, with the state that it has already. A new pace counts at once.
func (p *Prober) machineFor(id machineID, w Watch, now time.Time) *machine {
	m := &machine{Watch: w}
	if old := p.machines[id]; old != nil {
		m.state = old.state
	} else if saved, ok := p.restored[id]; ok {
		m.state = saved.Restored(w.Params, now)
	}
	if latest := now.Add(w.Params.Down); m.state.Next.After(latest) {
		m.state.Next = latest
	}
	if latest := now.Add(w.Params.Interval); m.state.Usable() && m.state.Next.After(latest) {
		m.state.Next = latest
	}
	return m
}

// spread has the first round begin at once, and not with all targets at the same moment.
func (p *Prober) spread(fresh []*target, now time.Time) {
	over := min(firstRound, time.Duration(len(fresh)-1)*apiece)
	for _, t := range fresh {
		at := now.Add(time.Duration(math.Abs(p.opts.Chance()) * float64(over)))
		for _, m := range t.machines {
			m.state.Next = at
		}
	}
}

// adopt plans a target after the set has changed, or ends it.
func (p *Prober) adopt(t *target) {
	switch {
	case len(t.machines) > 0:
		p.plan(t)
	case !t.running:
		p.forget(t)
	}
}

// forget ends a target that nobody watches.
func (p *Prober) forget(t *target) {
	p.due.remove(t)
	t.leaveQueue()
	delete(p.targets, t.key)
}

// index finds targets by their addresses.
func (p *Prober) index() {
	clear(p.byAddr)
	for _, t := range p.targets {
		if len(t.machines) > 0 && t.key.Addr.IsValid() {
			p.byAddr[t.key.Addr] = append(p.byAddr[t.key.Addr], t)
		}
	}
}

// ordered are the machines by user and key.
func (p *Prober) ordered() []*machine {
	list := make([]*machine, 0, len(p.machines))
	for _, m := range p.machines {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *machine) int {
		ka, kb := a.Check.Key(), b.Check.Key()
		return cmp.Or(
			cmp.Compare(a.User, b.User), cmp.Compare(ka.Kind, kb.Kind), ka.Addr.Compare(kb.Addr), cmp.Compare(ka.What, kb.What))
	})
	return list
}
