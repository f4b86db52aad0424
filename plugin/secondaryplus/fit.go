package secondaryplus

import (
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/answer"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// fit makes a message that is too long for the client shorter: first by compression, then by leaving out
// what the client can do without. TC is for what is missing from an answer, and only for that (RFC 2181
// §9): additional records may go, and the zone's NS RRset beside an answer. Glue may not (RFC 9471 §3). own is the
// OPT record that will be added, nil if it is the server's.
func fit(m *dns.Msg, state *request.Request, v *zone.Version, q answer.Query, res *answer.Result, own *dns.OPT) *dns.Msg {
	room := state.Size()
	if own != nil {
		room -= dns.Len(own)
	} else if o := state.Req.IsEdns0(); o != nil {
		room -= dns.Len(o)
	}
	if m.Len() <= room {
		return m
	}
	if m.Compress = true; m.Len() <= room {
		return m
	}
	if optional := len(res.Additional) - res.Glue; optional > 0 {
		m.Extra = answer.AppendRRs(m.Extra[:0], res.Additional[:res.Glue]...)
		if m.Len() <= room {
			return m
		}
	}
	if q.Minimal = true; len(res.Answer) > 0 && res.Follow == nil {
		res.Fill(v, q)
		m = reply(state.Req, res)
		m.Compress = true
		m.Extra = answer.AppendRRs(m.Extra[:0], res.Additional[:res.Glue]...)
	}
	return m
}
