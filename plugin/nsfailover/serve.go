package nsfailover

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/pkg/nonwriter"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// Plugin is the handler of a server block.
type Plugin struct {
	Next  plugin.Handler
	pools map[string]*runtime // by the name in lower-case presentation form
	zones []string            // of the server block in which pools are
	peers *peers              // nil: there are none

	// standing is how secondaryplus answers the zone that a name is in.
	standing func(qname string, qtype uint16) (refresh.Standing, bool)
}

// Name implements plugin.Handler.
func (p *Plugin) Name() string { return pluginName }

// CacheBypassZones implements cache.ZoneBypasser: an answer that is kept would outlive a failover.
func (p *Plugin) CacheBypassZones() []string { return p.zones }

// ServeDNS implements plugin.Handler. Answers with addresses are looked at on their way back: where a chain of aliases
// ends at a pool, the pool's addresses take the place of what the zone has.
func (p *Plugin) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	if len(p.pools) == 0 || len(r.Question) != 1 || !p.concerns(r.Question[0]) {
		return p.below(ctx, w, r)
	}
	seen := nonwriter.New(w)
	rcode, err := p.below(ctx, seen, r)
	if seen.Msg == nil {
		return rcode, err
	}
	m := p.rewritten(ctx, w, r, seen.Msg)
	if m.Rcode == dns.RcodeServerFailure && seen.Msg.Rcode != dns.RcodeServerFailure {
		return dns.RcodeServerFailure, nil
	}
	if werr := w.WriteMsg(m); werr != nil {
		return dns.RcodeServerFailure, werr
	}
	return m.Rcode, err
}

// below has the query answered by the plugins below us, or by a peer where they cannot.
func (p *Plugin) below(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	if p.peers == nil || len(r.Question) != 1 || r.Question[0].Qclass != dns.ClassINET {
		return plugin.NextOrFailure(pluginName, p.Next, ctx, w, r)
	}
	standing, ours := p.standing(r.Question[0].Name, r.Question[0].Qtype)
	if ours && p.peers.wants(standing) {
		if m := p.peers.rescue(ctx, r, standing); m != nil {
			return m.Rcode, w.WriteMsg(m)
		}
		return plugin.NextOrFailure(pluginName, p.Next, ctx, w, r)
	}
	if !ours || !p.peers.config.servfail {
		return plugin.NextOrFailure(pluginName, p.Next, ctx, w, r)
	}
	return p.belowOrPeer(ctx, w, r, standing)
}

// belowOrPeer asks a peer for what is answered SERVFAIL.
func (p *Plugin) belowOrPeer(ctx context.Context, w dns.ResponseWriter, r *dns.Msg, standing refresh.Standing) (int, error) {
	seen := nonwriter.New(w)
	rcode, err := plugin.NextOrFailure(pluginName, p.Next, ctx, seen, r)
	failed := seen.Msg == nil && rcode == dns.RcodeServerFailure || seen.Msg != nil && seen.Msg.Rcode == dns.RcodeServerFailure
	if failed {
		if m := p.peers.rescue(ctx, r, standing); m != nil {
			return m.Rcode, w.WriteMsg(m)
		}
	}
	if seen.Msg == nil {
		return rcode, err
	}
	return rcode, w.WriteMsg(seen.Msg)
}

func (p *Plugin) concerns(q dns.Question) bool {
	return q.Qclass == dns.ClassINET && (q.Qtype == dns.TypeA || q.Qtype == dns.TypeAAAA)
}

// rewritten is the answer with a pool's addresses, or as it is.
func (p *Plugin) rewritten(ctx context.Context, w dns.ResponseWriter, r, m *dns.Msg) *dns.Msg {
	if m.Rcode != dns.RcodeSuccess || !m.Authoritative {
		return m
	}
	rrtype := r.Question[0].Qtype
	final := end(r.Question[0].Name, m.Answer)
	pool := p.pools[canonical(final)]
	if pool == nil || len(m.Answer) == 0 && !hasSOA(m.Ns) { // a referral has neither
		return m
	}
	name, ttl := spelt(final, rrtype, m)
	list, configured := pool.records(name, rrtype, ttl)
	switch {
	case !configured || p.signed(ctx, w, r, pool):
		return m
	case pool.fails(rrtype):
		return new(dns.Msg).SetRcode(r, dns.RcodeServerFailure)
	}
	next := *m // the message may be the backend's own
	next.Answer = append(without(m.Answer, final, rrtype), list...)
	if len(list) > 0 {
		next.Ns = slices.DeleteFunc(slices.Clone(m.Ns), func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA })
		return &next
	}
	if !hasSOA(m.Ns) {
		next.Ns = p.noData(ctx, w, r, final)
	}
	next.Ns = shortened(next.Ns, pool.answer.Load().config.degraded)
	return &next
}

// shortened is an authority section whose SOA has no longer a TTL than that: it is how long a resolver believes that
// there is nothing (RFC 2308 §5: the lesser of the TTL and MINIMUM).
func shortened(authority []dns.RR, ttl uint32) []dns.RR {
	list := slices.Clone(authority)
	for i, rr := range list {
		if rr.Header().Rrtype == dns.TypeSOA && rr.Header().Ttl > ttl {
			list[i] = dns.Copy(rr) // it may be the backend's own
			list[i].Header().Ttl = ttl
		}
	}
	return list
}

// end is where a chain of aliases ends.
func end(name string, answer []dns.RR) string {
	for range answer {
		i := slices.IndexFunc(answer, func(rr dns.RR) bool {
			return rr.Header().Rrtype == dns.TypeCNAME && strings.EqualFold(rr.Header().Name, name)
		})
		if i < 0 {
			break
		}
		name = answer[i].(*dns.CNAME).Target
	}
	return name
}

func canonical(name string) string {
	n, err := owner.Parse(name)
	if err != nil {
		return ""
	}
	return n.Canonical()
}

// spelt is the name and the TTL of the RRset that is there; if there is none, those of the question, and no limit.
func spelt(name string, rrtype uint16, m *dns.Msg) (string, uint32) {
	for _, rr := range m.Answer {
		if h := rr.Header(); h.Rrtype == rrtype && strings.EqualFold(h.Name, name) {
			return h.Name, h.Ttl
		}
	}
	return name, 1<<31 - 1
}

func without(answer []dns.RR, name string, rrtype uint16) []dns.RR {
	return slices.DeleteFunc(slices.Clone(answer), func(rr dns.RR) bool {
		return rr.Header().Rrtype == rrtype && strings.EqualFold(rr.Header().Name, name)
	})
}

func hasSOA(list []dns.RR) bool {
	return slices.ContainsFunc(list, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA })
}

// inert is whether a pool's zone arrives signed: what is rewritten would not validate.
type inert struct {
	signed bool
	at     time.Time
}

// inertFor is how long that is believed.
const inertFor = 10 * time.Second

// signed looks whether the zone below us is signed, by asking it for the pool's name as a validator does.
func (p *Plugin) signed(ctx context.Context, w dns.ResponseWriter, r *dns.Msg, pool *runtime) bool {
	now := time.Now()
	if known := pool.inert.Load(); known != nil && now.Sub(known.at) < inertFor {
		return known.signed
	}
	q := new(dns.Msg).SetQuestion(pool.id.name, dns.TypeA)
	q.RecursionDesired = false
	q.SetEdns0(4096, true)
	seen := nonwriter.New(w)
	_, _ = plugin.NextOrFailure(pluginName, p.Next, ctx, seen, q)
	is := &inert{at: now}
	if seen.Msg != nil {
		is.signed = slices.ContainsFunc(slices.Concat(seen.Msg.Answer, seen.Msg.Ns), func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeRRSIG })
	}
	if before := pool.inert.Swap(is); is.signed && (before == nil || !before.signed) {
		log.Warningf("pool %s: the zone is signed where it comes from; the pool does nothing", pool.id.name)
	}
	return is.signed
}

// noType is a type that no zone has (RFC 6895 §3.1: private use): the answer shows the SOA.
const noType = 65399

// noData is the authority section of an answer that says that there is nothing.
func (p *Plugin) noData(ctx context.Context, w dns.ResponseWriter, r *dns.Msg, name string) []dns.RR {
	q := new(dns.Msg).SetQuestion(name, noType)
	seen := nonwriter.New(w)
	_, _ = plugin.NextOrFailure(pluginName, p.Next, ctx, seen, q)
	if seen.Msg == nil {
		return nil
	}
	return seen.Msg.Ns
}
