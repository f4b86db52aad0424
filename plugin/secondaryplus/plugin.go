package secondaryplus

import (
	"fmt"
	"net/netip"
	"sync/atomic"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/pkg/upstream"
	"github.com/coredns/coredns/plugin/transfer"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// Plugin is the handler of one server block. Its zones live in the process-wide engine, and outlive it.
type Plugin struct {
	Next plugin.Handler

	zones    atomic.Pointer[table] // those of the Corefile, and the members of catalogs
	static   table                 // those of the Corefile
	order    []*served             // these as in the Corefile
	upstream *upstream.Upstream
	transfer *transfer.Transfer // of the server block, or nil
	secrets  map[string]string  // TSIG secrets of the server block in base64, by key name

	site      *dnsserver.Config // of the server block
	key, view string            // with the zone's name they identify a zone over reloads; see siblings.tellApart
	reach     []owner.Name      // the keys of the server block: it is asked for nothing else
	sockets   sockets
	siblings  *siblings
	settings  *settings            // of the Corefile
	attached  bool                 // to the engine; guarded by engine.mu
	committed bool                 // what it configures counts; guarded by engine.mu
	renamed   map[*member]identity // zones that had another identity, until what p configures counts; guarded by engine.mu
	downward  *downward
	remarked  map[*served]string // on each catalog; guarded by engine.change
	keepers   map[string]*keeper // the state directories of its stanzas; guarded by engine.mu
}

// table are zones by the apex in lower-case wire form. It does not change: when the members of a catalog do,
// another one takes its place.
type table map[string]*served

func (p *Plugin) table() table { return *p.zones.Load() }

// served is a zone as one server block serves it.
type served struct {
	name string // lower-case presentation form
	apex owner.Name
	*policy
	origin origin  // the catalog that it comes from
	heir   string  // the catalog that gave it to that one; empty: none
	member *member // set while the plugin is attached to the engine
}

// policy is what the zones of a stanza have in common.
type policy struct {
	config  *config
	refresh *refresh.Config
	resort  *lastResort // a stanza with a fallback file has one zone
	targets []notify.Target
	members *policy   // for the members, if these zones are catalogs: a fallback file is not for them
	groups  []variant // of the members
}

// variant is what holds for a group of members, in place of what holds for the others.
type variant struct {
	group string
	*policy
}

func newPolicy(c *config) *policy {
	p := c.policy()
	if c.catalog == nil {
		return p
	}
	members := *p
	members.resort = c.policy().resort
	p.members = &members
	for _, g := range c.groups {
		own := *c
		own.primaries = g.primaries
		p.groups = append(p.groups, variant{g.name, own.policy()})
	}
	return p
}

func (c *config) policy() *policy {
	return &policy{config: c, refresh: c.refresh(), resort: &lastResort{stale: c.stale, ttl: c.staleTTL}, targets: c.targets()}
}

func (s *served) zone() *refresh.Zone { return s.member.zone }

func newPlugin(configs []config) (*Plugin, error) {
	p := &Plugin{
		static: make(table), remarked: make(map[*served]string), keepers: make(map[string]*keeper), settings: new(settings),
		renamed: make(map[*member]identity),
	}
	for _, c := range configs {
		common := newPolicy(&c)
		for _, apex := range c.zones {
			s := &served{name: apex.Canonical(), apex: apex, policy: common}
			key := string(owner.AppendLower(nil, apex))
			if _, twice := p.static[key]; twice {
				return nil, fmt.Errorf("zone %s is given twice", s.name)
			}
			p.static[key] = s
			p.order = append(p.order, s)
		}
	}
	p.zones.Store(&p.static)
	return p, nil
}

// identity is under which the engine knows a zone of p.
func (p *Plugin) identity(s *served) identity { return identity{nameInView{s.name, p.view}, p.key} }

// Identity is what tells the zones of p from those of the same name in other server blocks of its Corefile. It is known
// when all of them are set up.
func (p *Plugin) Identity() (key, view string) {
	p.siblings.tellApart()
	return p.key, p.view
}

// Guard has every version of a zone of p judged before it is published, and returns how each of them is kept up to date.
// It is called before p attaches.
func (p *Plugin) Guard(g refresh.Gate) (zones map[string]*refresh.Config) {
	zones = make(map[string]*refresh.Config, len(p.order))
	for _, s := range p.order {
		s.guard(g)
		zones[s.name] = s.refresh
	}
	return zones
}

// Rank has primaries put in order by their health, and by params. It returns all of them, each with a zone that it is to
// have. It is called before p attaches.
func (p *Plugin) Rank(h refresh.Health, params primary.Params) (list []refresh.Watched) {
	seen := make(map[netip.AddrPort]bool)
	for _, s := range p.order {
		s.rank(h, params)
		for _, from := range s.refresh.Primaries {
			if !seen[from.Addr] {
				seen[from.Addr] = true
				list = append(list, refresh.Watched{Apex: s.apex, Primary: from})
			}
		}
	}
	return list
}

// Pinned is the primary that a zone of p stays with; the zero AddrPort: none.
func (p *Plugin) Pinned(apex owner.Name) netip.AddrPort {
	process.mu.Lock() // other plugins of the server block begin before p does
	attached := p.attached
	process.mu.Unlock()
	s, ok := p.table()[string(owner.AppendLower(nil, apex))]
	if !ok || !attached {
		return netip.AddrPort{}
	}
	return s.zone().Report().Pinned
}

// rank is Rank for a stanza, and the members of its catalogs.
func (p *policy) rank(h refresh.Health, params primary.Params) {
	p.refresh.Health, p.refresh.Ranking = h, params
	if p.members != nil {
		p.members.rank(h, params)
	}
	for _, v := range p.groups {
		v.rank(h, params)
	}
}

// Refresh asks for a refresh of a zone, whatever instance it has.
func (p *Plugin) Refresh(z *refresh.Zone) {
	if s := process.current(); s != nil {
		s.Request(z)
	}
}

// Serves says whether a zone is one of p's, and not only below one.
func (p *Plugin) Serves(apex owner.Name) bool {
	_, ok := p.table()[string(owner.AppendLower(nil, apex))]
	return ok
}

// guard is Guard for a stanza, and the members of its catalogs.
func (p *policy) guard(g refresh.Gate) {
	p.refresh.Gate = g
	if p.members != nil {
		p.members.guard(g)
	}
	for _, v := range p.groups {
		v.guard(g)
	}
}

// named says whether the zone of a name in lower-case presentation form is among those of the Corefile.
func (p *Plugin) named(name string) bool {
	apex, err := owner.Parse(name)
	if err != nil {
		return false
	}
	_, ok := p.static[string(owner.AppendLower(nil, apex))]
	return ok
}

// Name implements plugin.Handler.
func (p *Plugin) Name() string { return pluginName }

// CacheBypassZones implements cache.ZoneBypasser: answers from memory need no cache, and a cached answer
// would hide a change.
func (p *Plugin) CacheBypassZones() []string {
	names := make([]string, len(p.order))
	for i, s := range p.order {
		names[i] = s.name
	}
	return names
}

// Ready implements ready.Readiness.
func (p *Plugin) Ready() bool { return process.ready() }

var _ interface {
	plugin.Handler
	transfer.Transferer
} = (*Plugin)(nil)
