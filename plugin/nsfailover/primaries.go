package nsfailover

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// primariesConfig is a `primaries`.
type primariesConfig struct {
	over     string // of the check of the SOA: udp, tcp, or empty
	health   health.Params
	canaries []netip.AddrPort
	ranking  primary.Params
	where    string // in the Corefile
}

// ranked are the primaries of the zones of a server block. It implements refresh.Health.
type ranked struct {
	server string
	config *primariesConfig
	list   []refresh.Watched

	mu     sync.Mutex
	states map[netip.AddrPort]health.State
}

// A ranking is the plugin whose primaries are put in order.
type ranking interface {
	Rank(refresh.Health, primary.Params) []refresh.Watched
}

// Of implements refresh.Health.
func (r *ranked) Of(addr netip.AddrPort) primary.Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.states[addr]
	return primary.Health{Rank: s.Rank(), Out: !s.Usable()}
}

// Failed implements refresh.Health: that is evidence, and leads to a probe.
func (r *ranked) Failed(addr netip.AddrPort) { report(addr, health.Evidence) }

// Answered implements refresh.Health.
func (r *ranked) Answered(addr netip.AddrPort) { report(addr, health.Answered) }

// report tells the prober of what somebody else has seen.
func report(addr netip.AddrPort, k health.Kind) {
	if p := probing.Load(); p != nil {
		p.Report(addr, health.Event{Kind: k, Heard: k == health.Answered})
	}
}

// tell takes what has become of a primary.
func (r *ranked) tell(addr netip.AddrPort, u prober.Update) {
	if u.Effect.Changed() {
		r.told(addr, u)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.states[addr] = u.State
}

// watches are what is probed for the primaries.
func (r *ranked) watches() (list []prober.Watch) {
	for _, w := range r.list {
		check := r.check(w)
		list = append(list, prober.Watch{
			User: r.user(w), Check: check, Params: r.config.health, Tell: func(u prober.Update) { r.tell(w.Primary.Addr, u) },
		})
	}
	for _, at := range r.config.canaries {
		list = append(list, prober.Watch{
			User: "canary of primaries of " + r.server, Check: prober.TCP(at, prober.Source{}), Params: r.config.health, Canary: true,
		})
	}
	return list
}

func (r *ranked) check(w refresh.Watched) prober.Check {
	return prober.SOA{Apex: w.Apex, Primary: w.Primary, Over: r.config.over, Timeout: r.config.health.Timeout}.Check()
}

func (r *ranked) user(w refresh.Watched) string {
	return fmt.Sprintf("primary %s of %s", w.Primary.Addr, r.server)
}

// restored takes the health that was known before.
func (r *ranked) restored(p *prober.Prober) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.list {
		if s, ok := p.State(r.user(w), r.check(w).Key()); ok {
			r.states[w.Primary.Addr] = s
		}
	}
}

// sorted are the primaries by their address.
func (r *ranked) sorted() []netip.AddrPort {
	list := make([]netip.AddrPort, len(r.list))
	for i, w := range r.list {
		list[i] = w.Primary.Addr
	}
	slices.SortFunc(list, func(a, b netip.AddrPort) int { return strings.Compare(a.String(), b.String()) })
	return list
}
