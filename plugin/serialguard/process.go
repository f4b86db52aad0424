package serialguard

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// process is what outlives the instances of the plugin, as zones do.
var process = newGuardian()

// guardian has what is known of zones besides their memory, which only the running refresh may touch.
type guardian struct {
	runs func(*corefile.Corefile) bool // whether a Corefile is one of CoreDNS's

	mu       sync.Mutex
	gates    []*gate
	archives map[string]*archive // by directory
	held     map[*refresh.Zone]bool
	orders   map[*refresh.Zone]*ordered

	sitting bool // the desk has a goroutine
	ctx     context.Context
	leave   context.CancelFunc
	desk    sync.WaitGroup
}

// ordered is what an operator has ordered for a zone.
type ordered struct {
	approvals []approval
	rolled    *rollback // nil: none
}

func newGuardian() *guardian {
	return &guardian{
		runs: (*corefile.Corefile).Runs, archives: make(map[string]*archive), held: make(map[*refresh.Zone]bool),
		orders: make(map[*refresh.Zone]*ordered),
	}
}

// attach has alerts sent where the stanzas of an instance want them.
func (p *guardian) attach(g *gate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gates = append(p.gates, g)
	var sinks []events.Sink
	for _, s := range g.stanzas {
		sinks = append(sinks, s.sinks...)
	}
	alerts.Attach(g, sinks)
	p.clear()
}

// failed is called when a restart has failed.
func (p *guardian) failed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// clear forgets gates of Corefiles that are none of CoreDNS's: nobody is told of a start that fails. p.mu is held.
func (p *guardian) clear() {
	p.gates = slices.DeleteFunc(p.gates, func(g *gate) bool {
		dead := !p.runs(g.of)
		if dead {
			alerts.Detach(g)
		}
		return dead
	})
}

// detach ends what an instance has, and with the last one everything, and waits until all that is to be kept is on disk,
// and what is yet to be told was.
func (p *guardian) detach(g *gate) {
	p.mu.Lock()
	p.gates = slices.DeleteFunc(p.gates, func(o *gate) bool { return o == g })
	var leave context.CancelFunc
	if len(p.gates) == 0 {
		leave, p.leave = p.leave, nil
	}
	p.mu.Unlock()
	if leave != nil {
		leave()
		p.desk.Wait()
		p.mu.Lock()
		p.sitting = false
		p.mu.Unlock()
	}
	p.settle()
	p.unlock()
	alerts.Detach(g)
}

// unlock lets others have the directories, if there are no gates any more.
func (p *guardian) unlock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.gates) > 0 {
		return
	}
	for dir, a := range p.archives {
		a.close()
		delete(p.archives, dir)
	}
}

// open is the archive of a directory.
func (p *guardian) open(dir string) (*archive, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.archives[dir]; a != nil {
		return a, nil
	}
	a, err := openArchive(dir)
	if err == nil {
		p.archives[dir] = a
	}
	return a, err
}

// settle waits until all that is to be kept is on disk.
func (p *guardian) settle() {
	p.mu.Lock()
	list := make([]*archive, 0, len(p.archives))
	for _, a := range p.archives {
		list = append(list, a)
	}
	p.mu.Unlock()
	for _, a := range list {
		a.settle()
	}
}

// begin notes that something is held of a zone, unless it has no gate any more: then nobody would tell of the end.
func (p *guardian) begin(z *refresh.Zone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if gateOf(z) == nil {
		return
	}
	p.held[z] = true
	if !p.sitting && len(p.gates) > 0 {
		p.sitting = true
		if p.leave == nil {
			p.ctx, p.leave = context.WithCancel(context.Background())
		}
		ctx := p.ctx
		p.desk.Go(func() { p.sit(ctx) })
	}
}

// end notes that nothing is.
func (p *guardian) end(z *refresh.Zone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.held, z)
}

// gateOf is the gate of a zone; nil: it has none.
func gateOf(z *refresh.Zone) *gate {
	g, _ := z.Config().Gate.(*gate)
	return g
}

// all are the zones of which something is held, or was a moment ago.
func (p *guardian) all() []*refresh.Zone {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.held))
}

// order is where the orders for a zone are; p.mu is held.
func (p *guardian) order(z *refresh.Zone) *ordered {
	o := p.orders[z]
	if o == nil {
		o = new(ordered)
		p.orders[z] = o
	}
	return o
}

func (p *guardian) approve(z *refresh.Zone, a approval) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.order(z)
	o.approvals = append(o.approvals, a)
}

// approvals are those by order.
func (p *guardian) approvals(z *refresh.Zone) []approval {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.orders[z]; o != nil {
		return slices.Clone(o.approvals)
	}
	return nil
}

// disapprove forgets approvals: a version was published.
func (p *guardian) disapprove(z *refresh.Zone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.orders[z]; o != nil {
		o.approvals = nil
		if o.rolled == nil {
			delete(p.orders, z)
		}
	}
}

// roll begins a rollback, which overrules what was approved before; nil ends the one that there is.
func (p *guardian) roll(z *refresh.Zone, b *rollback) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.order(z)
	o.rolled = b
	if b != nil {
		o.approvals = nil
	} else if len(o.approvals) == 0 {
		delete(p.orders, z)
	}
}

func (p *guardian) rolled(z *refresh.Zone) *rollback {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.orders[z]; o != nil {
		return o.rolled
	}
	return nil
}

// gone forgets a zone.
func (p *guardian) gone(z *refresh.Zone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.held, z)
	delete(p.orders, z)
}
