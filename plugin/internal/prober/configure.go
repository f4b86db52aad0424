package prober

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/health"
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

// Configure sets what is watched from now on. A watch that was there before, by user and key, keeps its state, and one that
// was restored has that; others begin anew, with what was ordered about their subject. For what is no longer watched Tell is
// not called any more, but for what has happened already. If the set makes no sense nothing changes; the error wraps ErrWatch.
func (p *Prober) Configure(set []Watch) error {
	if err := validate(set); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	machines := make(map[machineID]*machine, len(set))
	orders := p.orders()
	for _, t := range p.targets {
		t.machines = nil
	}
	p.apart, p.patience = 0, mostTogether
	var fresh []*target
	for _, w := range set {
		id := machineID{w.User, w.Check.Key()}
		machines[id] = p.machineFor(id, w, orders, now)
		t := p.targets[id.key]
		if t == nil {
			t = &target{key: id.key, index: -1, silent: machines[id].state.Silent}
			p.targets[id.key] = t
			fresh = append(fresh, t)
		}
		t.check, t.machines = w.Check, append(t.machines, machines[id])
		p.apart, p.patience = max(p.apart, w.Params.Apart()), min(p.patience, w.Params.Timeout/perTimeout)
	}
	p.park(machines, now)
	p.machines = machines
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

// orders are those that operators have given, by what they are about.
func (p *Prober) orders() map[string]health.Override {
	orders := make(map[string]health.Override)
	for _, k := range p.parked {
		if k.state.Override != health.Auto {
			orders[k.subject] = k.state.Override
		}
	}
	for _, m := range p.machines {
		if m.state.Override != health.Auto {
			orders[m.Subject] = m.state.Override
		}
	}
	delete(orders, "")
	return orders
}

// Bounds of what is parked. It is for watches that are to come back: those of server blocks that end one after the other,
// and of a Corefile that is changed and changed back.
const (
	mostParked   = 10_000
	longestStand = 7 * 24 * time.Hour // since it was checked
)

// park keeps the states of what is not watched any more.
func (p *Prober) park(machines map[machineID]*machine, now time.Time) {
	for id, m := range p.machines {
		if machines[id] == nil && !m.Canary && len(p.parked) < mostParked {
			p.parked[id] = parked{m.Subject, m.state}
		}
	}
	for id, k := range p.parked {
		old := now.Sub(k.state.Checked) > longestStand && k.state.Override == health.Auto
		if machines[id] != nil || old {
			delete(p.parked, id)
		}
	}
}

// parkOrder has an order be that of watches with its subject that may come back.
func (p *Prober) parkOrder(subject string, o health.Override) {
	for id, k := range p.parked {
		if subject != "" && k.subject == subject {
			k.state.Override = o
			p.parked[id] = k
		}
	}
}

// machineFor is the machine of a watch, with the state that it has already. A new pace counts at once.
func (p *Prober) machineFor(id machineID, w Watch, orders map[string]health.Override, now time.Time) *machine {
	m := &machine{Watch: w}
	if old := p.machines[id]; old != nil {
		m.state = old.state
	} else if saved, ok := p.parked[id]; ok {
		m.state = saved.state.Restored(w.Params, now)
	} else if !w.Canary {
		m.state.Override = orders[w.Subject]
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
		return cmp.Or(cmp.Compare(a.User, b.User), a.Check.Key().compare(b.Check.Key()))
	})
	return list
}
