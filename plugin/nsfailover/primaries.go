package nsfailover

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// primariesConfig is a `primaries`.
type primariesConfig struct {
	over     string // of the check of the SOA: udp, tcp, tls, or empty
	health   health.Params
	canaries []netip.AddrPort
	ranking  primary.Params
	where    string // in the Corefile
}

// overTLS is for primaries that all have TLS. They are asked over nothing else anyway.
const overTLS = "tls"

// fits says which primary cannot be checked as configured.
func (c *primariesConfig) fits(list []refresh.Watched) error {
	for _, w := range list {
		if c.over == overTLS && w.Primary.TLS == nil {
			return fmt.Errorf("%s - Error during parsing: check soa tls, and primary %s has no TLS", c.where, w.Primary.Addr)
		}
	}
	return nil
}

// ranked are the primaries of the zones of a server block. It implements refresh.Health.
//
// What a primary is good for has two states: that it is an authority for its zones, and that it can be reached in the way
// in which transfers come. A path may let UDP pass, and not TCP.
type ranked struct {
	server string
	config *primariesConfig
	zones  ranking
	list   []refresh.Watched

	shared map[netip.AddrPort]bool // primaries of which one check tells of both

	mu      sync.Mutex
	known   map[netip.AddrPort]*primaryState
	serials map[string]*nswatch.History // by apex
}

// primaryState is what is known of a primary.
type primaryState struct {
	soa, xfr health.State
	serial   serial.Serial // of the zone that it is asked for; meaningful when told
	told     bool
}

// A ranking is the plugin whose primaries are put in order.
type ranking interface {
	Rank(refresh.Health, primary.Params) []refresh.Watched
	Pinned(apex owner.Name) netip.AddrPort
}

func newRanked(server string, c *primariesConfig, zones ranking) *ranked {
	r := &ranked{
		server: server, config: c, zones: zones,
		known: make(map[netip.AddrPort]*primaryState), serials: make(map[string]*nswatch.History), shared: make(map[netip.AddrPort]bool),
	}
	r.list = zones.Rank(r, c.ranking)
	for _, w := range r.list {
		r.known[w.Primary.Addr], r.serials[w.Apex.Canonical()] = new(primaryState), new(nswatch.History)
		r.shared[w.Primary.Addr] = len(r.probes(w)) == 1
	}
	return r
}

// inherit takes over what is known in an instance before. States come from the prober.
func (r *ranked) inherit(from *ranked) {
	from.mu.Lock()
	defer from.mu.Unlock()
	for _, before := range from.list {
		for _, w := range r.list {
			if w.Primary.Addr == before.Primary.Addr && w.Apex.Canonical() == before.Apex.Canonical() {
				h := from.serials[w.Apex.Canonical()].Clone()
				*r.known[w.Primary.Addr], r.serials[w.Apex.Canonical()] = *from.known[w.Primary.Addr], &h
			}
		}
	}
}

// Of implements refresh.Health.
func (r *ranked) Of(addr netip.AddrPort) primary.Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.known[addr]; s != nil {
		return s.health()
	}
	return primary.Health{}
}

// health is that of the worse of the two: who cannot give a zone is of no use.
func (s *primaryState) health() primary.Health {
	return primary.Health{Rank: max(s.soa.Rank(), s.xfr.Rank()), Out: !s.usable()}
}

func (s *primaryState) usable() bool { return s.soa.Usable() && s.xfr.Usable() }

// Failed implements refresh.Health. That is evidence, and leads to a probe; a single query that is not answered is none.
func (r *ranked) Failed(addr netip.AddrPort, what refresh.Failure, why error) {
	e := health.Event{Kind: health.Evidence, Reason: why.Error()}
	if what == refresh.CheckUnanswered {
		e.Kind = health.TimedOut
	}
	report(addr, e)
}

// Answered implements refresh.Health.
func (r *ranked) Answered(addr netip.AddrPort) {
	report(addr, health.Event{Kind: health.Answered, Heard: true})
}

// report tells the prober of what somebody else has seen.
func report(addr netip.AddrPort, e health.Event) {
	if p := probing.Load(); p != nil {
		p.Report(addr, e)
	}
}

// tell takes what a probe has made of a primary.
func (r *ranked) tell(w refresh.Watched, p probe, u prober.Update) {
	if u.Effect.Changed() {
		r.told(w.Primary.Addr, p, u)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.known[w.Primary.Addr]
	s.take(p, u.State)
	if u.Result != nil && u.Result.HasSerial {
		s.serial, s.told = u.Result.Serial, true
		r.serials[w.Apex.Canonical()].Note(s.serial, time.Now())
	}
}

func (s *primaryState) take(p probe, h health.State) {
	if p.soa {
		s.soa = h
	}
	if p.xfr {
		s.xfr = h
	}
}

// watches are what is probed for the primaries.
func (r *ranked) watches() (list []prober.Watch) {
	for _, w := range r.list {
		for _, p := range r.probes(w) {
			list = append(list, prober.Watch{
				User: r.user(w), Subject: "primary " + w.Primary.Addr.String(), Check: p.check, Params: r.config.health, Tell: func(u prober.Update) { r.tell(w, p, u) },
			})
		}
	}
	for _, at := range r.config.canaries {
		list = append(list, prober.Watch{
			User: "canary of primaries of " + r.server, Check: prober.TCP(at, prober.Source{}), Params: r.config.health, Canary: true,
		})
	}
	return list
}

// A probe is a check of a primary, and what it says something of.
type probe struct {
	check    prober.Check
	soa, xfr bool
}

// probes are those of a primary: one, if it is asked for its SOA in the way in which transfers come. That begins as a
// transfer does, and transfers nothing.
func (r *ranked) probes(w refresh.Watched) []probe {
	check := prober.SOA{Apex: w.Apex, Primary: w.Primary, Over: r.config.over, Timeout: r.config.health.Timeout}
	if check.Over == "tcp" || w.Primary.TLS != nil {
		return []probe{{check.Check(), true, true}}
	}
	soa := check.Check()
	check.XFR = true
	return []probe{{soa, true, false}, {check.Check(), false, true}}
}

func (r *ranked) user(w refresh.Watched) string {
	return fmt.Sprintf("primary %s of %s", w.Primary.Addr, r.server)
}

// restored takes the health that was known before.
func (r *ranked) restored(p *prober.Prober) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.list {
		for _, probe := range r.probes(w) {
			if known, ok := p.State(r.user(w), probe.check.Key()); ok {
				r.known[w.Primary.Addr].take(probe, known)
			}
		}
	}
}

// override has an operator's word count for a primary, at once.
func (r *ranked) override(w refresh.Watched, p *prober.Prober, o health.Override) {
	for _, probe := range r.probes(w) {
		p.Order(r.user(w), probe.check.Key(), o)
	}
	r.restored(p)
}

// alarm has the alerts fire about what is wrong.
func (r *ranked) alarm() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for addr, s := range r.known {
		soa, xfr := s.soa.Phase() == health.Damped, s.xfr.Phase() == health.Damped
		alarmFlapping(soa, r.labelsOf(ofPrimaries, addr))
		alarmFlapping(xfr && !r.shared[addr], r.labelsOf(ofTransfers, addr))
	}
}

// gone has the alerts end about the primaries that who comes after it has not; nil: nobody comes.
func (r *ranked) gone(next *ranked) {
	for _, w := range r.list {
		if next == nil || next.known[w.Primary.Addr] == nil {
			alerts.Resolve(alertFlapping, r.labelsOf(ofPrimaries, w.Primary.Addr))
			alerts.Resolve(alertFlapping, r.labelsOf(ofTransfers, w.Primary.Addr))
		}
	}
}

// labelsOf are those of alerts about a primary.
func (r *ranked) labelsOf(name string, addr netip.AddrPort) map[string]string {
	return map[string]string{"name": name, "server": r.server, "target": addr.String()}
}
