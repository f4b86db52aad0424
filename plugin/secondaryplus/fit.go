package secondaryplus

import (
	"context"

	"github.com/coredns/coredns/plugin/tsig"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/answer"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// fit makes a message that is too long for the client shorter: first by compression, then by leaving out
// what the client can do without. TC is for what is missing from an answer, and only for that (RFC 2181
// §9): additional records may go, and the zone's NS RRset beside an answer. Glue may not (RFC 9471 §3). own is the
// OPT record that will be added, nil if it is the server's; signature is the room that a TSIG record will take.
func fit(m *dns.Msg, state *request.Request, v *zone.Version, q answer.Query, res *answer.Result, own *dns.OPT, signature int) *dns.Msg {
	room := state.Size() - signature
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
	if signature > 0 && m.Len() > room {
		// The server truncates no message that is signed. What a client gets with TC it must not use anyhow.
		m.Truncated = true
		m.Answer, m.Ns, m.Extra = nil, nil, nil
	}
	return m
}

// signatureRoom is what the TSIG record of an answer takes at most: that of the query was taken off by the tsig
// plugin, which tells the key's name, and not the algorithm.
func signatureRoom(ctx context.Context) int {
	key, ok := tsig.ValidatedKeyName(ctx)
	if !ok {
		return 0
	}
	const (
		record = 10                    // type, class, TTL, RDLENGTH
		fields = 6 + 2 + 2 + 2 + 2 + 2 // RFC 8945 §4.2
		mac    = 64                    // of hmac-sha512
	)
	return len(key) + 1 + record + len(dns.HmacSHA512) + 1 + fields + mac
}
