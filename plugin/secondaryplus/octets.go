package secondaryplus

import (
	"github.com/coredns/coredns/plugin/pkg/edns"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/answer"
)

// writeOctets packs an ordinary answer of a zone in its lease and writes it, or says that a message has to be made
// of it: because other plugins or CoreDNS itself have a part in it, because the answer has more to say than what is in
// the zone, or because it is to be truncated. asked is the OPT record of the query, or nil.
func (p *Plugin) writeOctets(w dns.ResponseWriter, r *dns.Msg, asked *dns.OPT, d *desk) bool {
	if !ordinary(r, asked) {
		return false
	}
	to, ok := p.sinkOf(w, r)
	if !ok {
		return false
	}
	state := request.Request{W: w, Req: r}
	h := answer.Head{ID: r.Id, RD: r.RecursionDesired, CD: r.CheckingDisabled, Class: r.Question[0].Qclass, Octets: state.Size()}
	if asked != nil {
		h.OPT = appendOPT(d.opt[:0], asked)
	}
	packed, fits := d.result.Message(h)
	if fits {
		to.write(packed, d.result.Rcode)
	}
	return fits
}

// ordinary says that a query can have an answer that consists of what is in the zone, and of an empty OPT record.
func ordinary(r *dns.Msg, asked *dns.OPT) bool {
	if r.Opcode != dns.OpcodeQuery || len(r.Question) != 1 || r.IsTsig() != nil {
		return false
	}
	if asked == nil {
		return true
	}
	for _, option := range asked.Option {
		// CoreDNS gives an option back that some plugin says it supports.
		if code := option.Option(); edns.SupportedOption(code) || code == dns.EDNS0EXPIRE && r.Question[0].Qtype == dns.TypeSOA {
			return false
		}
	}
	return true
}

// appendOPT is the OPT record in wire form that CoreDNS adds to an answer without one (RFC 6891 §6.1.2): the size
// and the flags of the query's, and no options.
func appendOPT(dst []byte, asked *dns.OPT) []byte {
	size, flags := asked.UDPSize(), byte(asked.Hdr.Ttl>>8)
	return append(dst, 0, 0, byte(dns.TypeOPT), byte(size>>8), byte(size), 0, 0, flags, 0, 0, 0)
}
