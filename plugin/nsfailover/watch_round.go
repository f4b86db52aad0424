package nsfailover

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
)

// A round is one look at all nameservers of a zone.
type round struct {
	*watch
	zone     *watchedZone
	stanza   *watchConfig
	resolver *nswatch.Resolver
	view     view // nil: nobody is an authority for the zone here
	parent   bool // the parent is due
	dnssec   bool // signatures are
	nswatch.Round
}

// round looks at all nameservers of a zone, and says whether those that answer are in step.
func (w *watch) round(ctx context.Context, z *watchedZone) (inStep bool) {
	r := z.plan(w, time.Now())
	r.find(ctx)
	servers := r.servers()
	questions := r.questions()
	r.Seen = w.ask(ctx, servers, nswatch.Wanted{Zone: z.name, Questions: questions, Content: r.stanza.content, Signed: r.dnssec})
	if r.view != nil {
		r.Here.Sets, r.Here.Serial, r.Here.Loaded = r.view.sets(ctx, questions, r.stanza.content)
	}
	r.systems()
	if ctx.Err() != nil {
		return false // what was not answered says nothing
	}
	r.Now = time.Now()
	return z.took(r)
}

// findWait bounds how long resolvers and the parent may take in a round, however many of them are silent.
const findWait = 30 * time.Second

// find finds the nameservers and their addresses.
func (r *round) find(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, findWait)
	defer cancel()
	r.nameservers(ctx)
	if r.parent {
		r.askParent(ctx)
	}
	r.addresses(ctx)
}

// say tells that something could not be asked, unless the watch ends.
func (r *round) say(ctx context.Context, what string, err error) {
	if !errors.Is(ctx.Err(), context.Canceled) {
		r.zone.say(what, err)
	}
}

// plan is what a round is to do.
func (z *watchedZone) plan(w *watch, now time.Time) *round {
	v := w.view(z.apex)
	z.mu.Lock()
	defer z.mu.Unlock()
	c := z.stanza
	r := &round{watch: w, zone: z, stanza: c, view: v, resolver: &nswatch.Resolver{Asker: asker, Addrs: w.resolvers[c]}}
	r.Zone, r.Content, r.Parent = z.name, c.content, z.parent
	r.parent = c.parent > 0 && (z.parent == nil || now.Sub(z.asked.parent) >= c.parent)
	r.dnssec = c.dnssec > 0 && (r.parent || now.Sub(z.asked.dnssec) >= c.dnssec)
	if c.parent == 0 {
		r.Parent = nil
	}
	return r
}

const noNS = "its NS RRset is not known"

// nameservers finds the zone's own NS RRset.
func (r *round) nameservers(ctx context.Context) {
	if r.view != nil {
		if list, ok := r.view.records(ctx, r.zone.name, dns.TypeNS); ok {
			r.NS = targetsOf(list)
			r.say(ctx, noNS, nil)
			return
		}
	}
	list, err := r.resolver.Nameservers(ctx, r.zone.name)
	r.say(ctx, noNS, err)
	r.NS = list
}

func targetsOf(list []dns.RR) []string {
	names := make([]string, 0, len(list))
	for _, rr := range list {
		if ns, ok := rr.(*dns.NS); ok {
			names = append(names, strings.ToLower(ns.Ns))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (r *round) askParent(ctx context.Context) {
	p, err := r.resolver.Parent(ctx, r.zone.name, r.stanza.port)
	r.say(ctx, "what its parent says is not known", err)
	r.Parent = p
}

// addresses finds those of all nameservers: of the zone's own names here, of others by a resolver.
func (r *round) addresses(ctx context.Context) {
	r.Hosts = make(map[string][]netip.Addr)
	names := slices.Clone(r.NS)
	if r.Parent != nil {
		names = append(names, r.Parent.NS...)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if list, ok := r.own(ctx, name); ok {
			r.Hosts[name] = list
			continue
		}
		list, err := r.resolver.Addresses(ctx, name)
		r.say(ctx, "the addresses of "+name+" are not known", err)
		if err == nil {
			r.Hosts[name] = list
		}
	}
}

// own are the addresses that the zone has for a name; ok is false if it is none of the zone's.
func (r *round) own(ctx context.Context, name string) (list []netip.Addr, ok bool) {
	if r.view == nil {
		return nil, false
	}
	for _, rrtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		records, known := r.view.records(ctx, name, rrtype)
		if !known {
			return nil, false
		}
		for _, rr := range records {
			list = append(list, nswatch.AddressesIn(rr)...)
		}
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return slices.Compact(list), true
}

// servers are all addresses: those in the zone, and those that the parent sends resolvers to.
func (r *round) servers() (list []nswatch.Server) {
	add := func(name string, addrs []netip.Addr) {
		for _, a := range addrs {
			s := nswatch.Server{Name: name, Addr: netip.AddrPortFrom(a, r.stanza.port)}
			if !slices.Contains(list, s) && len(list) < mostServers {
				list = append(list, s)
			}
		}
	}
	for name, addrs := range r.Hosts {
		add(name, addrs)
	}
	if r.Parent != nil {
		for name, addrs := range r.Parent.Glue {
			add(name, addrs)
		}
	}
	slices.SortFunc(list, func(a, b nswatch.Server) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// questions are what is compared: the names that always are, and a sample, which is kept as long as something differs.
func (r *round) questions() []nswatch.Question {
	z := r.zone
	z.mu.Lock()
	defer z.mu.Unlock()
	list := nswatch.Questions(z.name, r.within(r.stanza.protected), r.stanza.content)
	differ := z.repeats.Asked()
	if v, ok := r.view.(ofVersion); ok && len(differ) == 0 {
		z.sample = nswatch.Sample(v.version, r.stanza.content)
	}
	for _, q := range slices.Concat(z.sample, differ) {
		if !slices.Contains(list, q) {
			list = append(list, q)
		}
	}
	return list
}

// within are the protected names of the zone: a stanza may be for several.
func (r *round) within(protected []nswatch.Question) (list []nswatch.Question) {
	for _, q := range protected {
		if dns.IsSubDomain(r.zone.name, q.Name) {
			list = append(list, q)
		}
	}
	return list
}

// ask asks all servers at a time; the asker bounds the sockets.
func (w *watch) ask(ctx context.Context, servers []nswatch.Server, wanted nswatch.Wanted) []nswatch.Seen {
	seen := make([]nswatch.Seen, len(servers))
	var all sync.WaitGroup
	for i, s := range servers {
		all.Go(func() { seen[i] = asker.Look(ctx, s, wanted) })
	}
	all.Wait()
	return seen
}

// systems looks up the autonomous systems of all addresses.
func (r *round) systems() {
	if r.stanza.asn == "" {
		return
	}
	var list []netip.Addr
	for _, s := range r.Seen {
		list = append(list, s.Addr.Addr())
	}
	of, err := systemsIn(r.stanza.asn, list)
	r.zone.say("autonomous systems are not known", err)
	if err == nil {
		r.Systems = of
	}
}
