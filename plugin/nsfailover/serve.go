package nsfailover

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/pkg/nonwriter"
	"github.com/miekg/dns"

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

	// nameserver is whether a pool was seen to be a nameserver of its zone. Its addresses may be beside any answer then.
	nameserver atomic.Bool
}

// Name implements plugin.Handler.
func (p *Plugin) Name() string { return pluginName }

// CacheBypassZones implements cache.ZoneBypasser: an answer that is kept would outlive a failover.
func (p *Plugin) CacheBypassZones() []string { return p.zones }

// ServeDNS implements plugin.Handler. Answers that may have addresses are looked at on their way back: where a chain of
// aliases ends at a pool, and in the additional section, the pool's addresses take the place of what the zone has.
func (p *Plugin) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	if len(p.pools) == 0 || r.Opcode != dns.OpcodeQuery || len(r.Question) != 1 || !p.concerns(r.Question[0]) {
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

// concerns says whether there may be addresses of a pool in the answer. What else there is costs nothing more.
func (p *Plugin) concerns(q dns.Question) bool {
	return q.Qclass == dns.ClassINET && (leadsToAddresses(q.Qtype) || isData(q.Qtype) && p.nameserver.Load())
}

// leadsToAddresses lists the types of addresses, and those whose targets have addresses that are added.
func leadsToAddresses(qtype uint16) bool {
	switch qtype {
	case dns.TypeA, dns.TypeAAAA, dns.TypeANY, dns.TypeNS, dns.TypeMX, dns.TypeSRV, dns.TypeNAPTR, dns.TypeSVCB, dns.TypeHTTPS,
		dns.TypeAFSDB, dns.TypeKX:
		return true
	}
	return false
}

// isData says whether a type is one of records. Transfers, for one, are not (RFC 6895 §3.1).
func isData(qtype uint16) bool { return qtype < 128 || qtype > 255 }

// inert is why a pool does nothing.
type inert struct {
	signed    bool // its zone arrives signed: what is rewritten would not validate
	delegated bool // its name is below a zone cut: the addresses are glue, and not ours to say
	at        time.Time
}

// inertFor is how long that is believed.
const inertFor = 10 * time.Second

// look asks the zone below us for the pool's name, as a validator does.
func (p *Plugin) look(ctx context.Context, w dns.ResponseWriter, pool *runtime) *inert {
	now := time.Now()
	if known := pool.inert.Load(); known != nil && now.Sub(known.at) < inertFor {
		return known
	}
	q := new(dns.Msg).SetQuestion(pool.id.name, dns.TypeA)
	q.RecursionDesired = false
	q.SetEdns0(4096, true)
	seen := nonwriter.New(w)
	_, _ = plugin.NextOrFailure(pluginName, p.Next, ctx, seen, q)
	is := &inert{at: now}
	if m := seen.Msg; m != nil {
		is.delegated = m.Rcode == dns.RcodeSuccess && !m.Authoritative && len(m.Answer) == 0
		is.signed = slices.ContainsFunc(slices.Concat(m.Answer, m.Ns), func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeRRSIG })
	}
	if before := pool.inert.Swap(is); is.signed && (before == nil || !before.signed) {
		log.Warningf("pool %s: the zone is signed where it comes from; the pool does nothing", pool.id.name)
	}
	return is
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
