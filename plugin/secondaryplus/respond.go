package secondaryplus

import (
	"context"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/answer"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// reply makes the message of an answer.
func reply(r *dns.Msg, res *answer.Result) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(r)
	m.Rcode = res.Rcode
	m.Authoritative = res.Authoritative
	m.Answer = answer.AppendRRs(m.Answer, res.Answer...)
	m.Ns = answer.AppendRRs(m.Ns, res.Authority...)
	m.Extra = answer.AppendRRs(m.Extra, res.Additional...)
	return m
}

// maxChain is how many times a chain of aliases may go from zone to zone.
const maxChain = 8

// follow goes on in another zone of this server, where a chain of aliases left ours. When the server does
// not know that zone, the chain so far is the answer, and a resolver will go on itself. Otherwise the
// RCODE is that of the last name (RFC 6604 §3).
func (p *Plugin) follow(ctx context.Context, state request.Request, m *dns.Msg, target owner.Name) {
	hops, _ := ctx.Value(dnsserver.LoopKey{}).(int)
	if hops >= maxChain {
		return
	}
	ctx = context.WithValue(ctx, dnsserver.LoopKey{}, hops+1)
	next, err := p.upstream.Lookup(ctx, state, target.String(), state.QType())
	if err != nil || next == nil || next.Rcode == dns.RcodeRefused || next.Rcode == dns.RcodeNotAuth {
		return
	}
	m.Rcode = next.Rcode
	m.Answer = append(m.Answer, next.Answer...)
	m.Ns = append(m.Ns, next.Ns...)
	for _, rr := range next.Extra {
		if rr.Header().Rrtype != dns.TypeOPT {
			m.Extra = append(m.Extra, rr)
		}
	}
}

// unanswered replies SERVFAIL. That is not an error of the query: what is wrong with the zone was logged
// when it became so, and is counted here.
func (m *member) unanswered(w dns.ResponseWriter, r *dns.Msg, why state) (int, error) {
	m.rare().unansweredQueries.total.Add(1)
	reply := new(dns.Msg)
	reply.SetRcode(r, dns.RcodeServerFailure)
	if opt := remarkOPT(r, why, dns.RcodeServerFailure, nil); opt != nil {
		reply.Extra = append(reply.Extra, opt)
	}
	w.WriteMsg(reply)
	return dns.RcodeSuccess, nil
}

// mark puts the remark on an answer. One that no primary vouches for is counted; it is authoritative, since nobody
// else here is an authority, but for the SOA: a secondary below us that took ours for a proof would never expire. Not
// every secondary looks at AA; those that ask for EXPIRE are told that nothing is left (see remarkOPT).
func (m *member) mark(reply *dns.Msg, s state, opt *dns.OPT) {
	if opt != nil {
		reply.Extra = append(reply.Extra, opt)
	}
	switch s {
	case stateStale:
		m.rare().staleAnswers.total.Add(1)
	case stateFallback:
		m.rare().fallbackAnswers.total.Add(1)
	default:
		return
	}
	if reply.Question[0].Qtype == dns.TypeSOA && len(reply.Answer) > 0 {
		reply.Authoritative = false
	}
}
