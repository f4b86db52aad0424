package nsfailover

import (
	"context"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// rewritten is the answer with the addresses of pools, or as it is.
func (p *Plugin) rewritten(ctx context.Context, w dns.ResponseWriter, r, m *dns.Msg) *dns.Msg {
	if m.Rcode != dns.RcodeSuccess || !m.Authoritative {
		return m
	}
	next := p.answered(ctx, w, r, m)
	if next.Rcode != dns.RcodeSuccess {
		return next
	}
	return p.beside(ctx, w, next)
}

// answered is m with a pool's addresses in the answer section, or as it is.
func (p *Plugin) answered(ctx context.Context, w dns.ResponseWriter, r, m *dns.Msg) *dns.Msg {
	final := end(r.Question[0].Name, m.Answer)
	pool := p.pools[canonical(final)]
	if pool == nil || len(m.Answer) == 0 && !hasSOA(m.Ns) { // a referral has neither
		return m
	}
	types := slices.DeleteFunc(asked(r.Question[0].Qtype, final, m), func(rrtype uint16) bool { return !pool.has(rrtype) })
	if len(types) == 0 || p.look(ctx, w, pool).signed {
		return m
	}
	next := *m // the message may be the backend's own
	for _, rrtype := range types {
		name, ttl := spelt(final, rrtype, m)
		next.Answer = replaced(next.Answer, final, rrtype, pool.records(name, rrtype, ttl, pool.next(rrtype)))
	}
	if slices.ContainsFunc(next.Answer, func(rr dns.RR) bool { return strings.EqualFold(rr.Header().Name, final) }) {
		next.Ns = slices.DeleteFunc(slices.Clone(m.Ns), func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA })
		return &next
	}
	if slices.ContainsFunc(types, pool.fails) {
		return new(dns.Msg).SetRcode(r, dns.RcodeServerFailure)
	}
	if !hasSOA(m.Ns) {
		next.Ns = p.noData(ctx, w, r, final)
	}
	next.Ns = shortened(next.Ns, pool.answer.Load().config.degraded)
	return &next
}

// asked are the types of addresses that are to be those of a pool: the one that was asked for, or those that an answer to
// ANY has. That may have any part of what there is (RFC 8482 §4.1).
func asked(qtype uint16, name string, m *dns.Msg) (types []uint16) {
	for _, rrtype := range [...]uint16{dns.TypeA, dns.TypeAAAA} {
		if qtype == rrtype || qtype == dns.TypeANY && slices.ContainsFunc(m.Answer, func(rr dns.RR) bool { return belongs(rr, name, rrtype) }) {
			types = append(types, rrtype)
		}
	}
	return types
}

// beside is m with the addresses of pools in the additional section, or as it is.
func (p *Plugin) beside(ctx context.Context, w dns.ResponseWriter, m *dns.Msg) *dns.Msg {
	next := m
	for i, rr := range m.Extra {
		h := rr.Header()
		if h.Rrtype != dns.TypeA && h.Rrtype != dns.TypeAAAA || i > 0 && belongs(m.Extra[i-1], h.Name, h.Rrtype) {
			continue
		}
		pool := p.pools[canonical(h.Name)]
		if pool == nil || !pool.has(h.Rrtype) {
			continue
		}
		if is := p.look(ctx, w, pool); is.signed || is.delegated {
			continue
		}
		if next == m {
			mine := *m // the message may be the backend's own
			next = &mine
		}
		next.Extra = replaced(next.Extra, h.Name, h.Rrtype, pool.records(h.Name, h.Rrtype, h.Ttl, pool.present(h.Rrtype)))
		if !p.nameserver.Load() && hasNameserver(m.Ns, h.Name) {
			p.nameserver.Store(true)
		}
	}
	return next
}

func hasNameserver(authority []dns.RR, name string) bool {
	return slices.ContainsFunc(authority, func(rr dns.RR) bool {
		ns, ok := rr.(*dns.NS)
		return ok && strings.EqualFold(ns.Ns, name)
	})
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

// replaced is a section with other records in the place of an RRset and its signatures.
func replaced(section []dns.RR, name string, rrtype uint16, list []dns.RR) []dns.RR {
	next := make([]dns.RR, 0, len(section)+len(list))
	for _, rr := range section {
		if !belongs(rr, name, rrtype) {
			next = append(next, rr)
			continue
		}
		next = append(next, list...)
		list = nil
	}
	return append(next, list...)
}

// belongs says that a record is one of an RRset, or a signature over it.
func belongs(rr dns.RR, name string, rrtype uint16) bool {
	is := rr.Header().Rrtype
	if sig, ok := rr.(*dns.RRSIG); ok {
		is = sig.TypeCovered
	}
	return is == rrtype && strings.EqualFold(rr.Header().Name, name)
}

func hasSOA(list []dns.RR) bool {
	return slices.ContainsFunc(list, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA })
}
