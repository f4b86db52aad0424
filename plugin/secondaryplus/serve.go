package secondaryplus

import (
	"context"
	"errors"
	"sync"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/answer"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// A desk is the memory in which a query is answered; the next one gets it. A query's goroutine begins with a small
// stack, and what is large lies here instead.
type desk struct {
	nameRoom, lowerRoom [owner.MaxName]byte
	opt                 [11]byte
	result              answer.Result
}

var desks = sync.Pool{New: func() any { return new(desk) }}

func (d *desk) leave() {
	d.result.Reset()
	desks.Put(d)
}

var errQuestion = errors.New("the name in the question is none")

// ServeDNS implements plugin.Handler.
func (p *Plugin) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	d := desks.Get().(*desk)
	defer d.leave()
	q := &r.Question[0]
	name, ok := owner.AppendText(d.nameRoom[:0], q.Name)
	if !ok {
		return dns.RcodeFormatError, errQuestion
	}
	qname := owner.Name(name)
	s := p.match(owner.AppendLower(d.lowerRoom[:0], qname), q.Qtype)
	if s == nil && p.Next == nil {
		return dns.RcodeRefused, nil // there is nobody left who could be an authority for the name
	}
	if s == nil {
		return plugin.NextOrFailure(p.Name(), p.Next, ctx, w, r)
	}
	switch {
	case q.Qclass != dns.ClassINET && q.Qclass != dns.ClassANY:
		return dns.RcodeRefused, nil // also transfers: no zone here is of another class
	case r.Opcode == dns.OpcodeNotify:
		return p.serveNotify(ctx, w, r, s, owner.Equal(qname, s.apex))
	case q.Qtype == dns.TypeAXFR || q.Qtype == dns.TypeIXFR:
		return p.serveTransfer(ctx, w, r, s, owner.Equal(qname, s.apex))
	}
	return p.answer(ctx, w, r, s, qname, d)
}

// match finds the zone of the longest name that is the question's or above it. A DS RRset belongs to the
// parent side of a cut, so a zone's own apex is only the second choice for it (RFC 4035 §3.1.4.1).
func (p *Plugin) match(lower []byte, qtype uint16) *served {
	zones := p.table()
	var own *served
	for off := 0; ; off += 1 + int(lower[off]) {
		if s, ok := zones[string(lower[off:])]; ok {
			if off > 0 || qtype != dns.TypeDS {
				return s
			}
			own = s
		}
		if lower[off] == 0 {
			return own
		}
	}
}

func (p *Plugin) answer(ctx context.Context, w dns.ResponseWriter, r *dns.Msg, s *served, qname owner.Name, d *desk) (int, error) {
	src := s.member.source()
	if src.state != stateServing {
		s.member.sees(src.state)
	}
	if src.version == nil {
		return s.member.unanswered(w, r, src.state)
	}
	asked := r.IsEdns0()
	q := answer.Query{Name: qname, Type: r.Question[0].Qtype, DO: asked != nil && asked.Do(), MaxTTL: src.maxTTL}
	res := &d.result
	res.Fill(src.version, q)
	if res.Rcode == dns.RcodeNameError && len(res.Answer) == 0 && s.fallsThrough(r) {
		return plugin.NextOrFailure(p.Name(), p.Next, ctx, w, r)
	}
	if src.state != stateServing || res.Follow != nil || !p.writeOctets(w, r, asked, d) {
		p.writeMessage(ctx, w, r, s, src, q, res)
	}
	return dns.RcodeSuccess, nil
}

// writeMessage makes a message of an answer and writes it.
func (p *Plugin) writeMessage(ctx context.Context, w dns.ResponseWriter, r *dns.Msg, s *served, src source, q answer.Query, res *answer.Result) {
	state := request.Request{W: w, Req: r}
	m := reply(r, res)
	if res.Follow != nil {
		p.follow(ctx, state, m, res.Follow)
	}
	opt := remarkOPT(r, src.state, res.Rcode, leaseOf(s.zone(), m))
	m = fit(m, &state, src.version, q, res, opt, signatureRoom(ctx))
	s.member.mark(m, src.state, opt)
	w.WriteMsg(m)
}

// fallsThrough says whether the next plugin is asked for a name that the zone does not have.
func (s *served) fallsThrough(r *dns.Msg) bool {
	if len(s.config.fall.Zones) == 0 {
		return false
	}
	state := request.Request{Req: r}
	return s.config.fall.Through(state.Name())
}
