package secondaryplus

import (
	"slices"

	"github.com/miekg/dns"
)

// remark is what an answer says of itself, as an extended error (RFC 8914 §4).
type remark struct {
	code uint16
	text string
}

// remarkOn says why there is no answer, or what kind of answer it is; false: it is an ordinary one.
func remarkOn(s state, rcode int) (remark, bool) {
	switch s {
	case stateUnloaded:
		return remark{dns.ExtendedErrorCodeNotReady, "zone was not transferred yet"}, true
	case stateExpired:
		return remark{dns.ExtendedErrorCodeInvalidData, "zone has expired"}, true
	case stateStale:
		return remark{staleCode(rcode), "zone has expired"}, true
	case stateFallback:
		return remark{staleCode(rcode), "answered from the fallback file"}, true
	}
	return remark{}, false
}

func staleCode(rcode int) uint16 {
	if rcode == dns.RcodeNameError {
		return dns.ExtendedErrorCodeStaleNXDOMAINAnswer
	}
	return dns.ExtendedErrorCodeStaleAnswer
}

// remarkOPT is the OPT record with the remark on an answer to r, or nil: without an OPT record in the query
// there is none in the answer (RFC 6891 §6.1.1), and an ordinary answer gets that of the server. The server
// fills in the header.
func remarkOPT(r *dns.Msg, s state, rcode int) *dns.OPT {
	why, ok := remarkOn(s, rcode)
	if !ok || r.IsEdns0() == nil {
		return nil
	}
	opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: why.code, ExtraText: why.text})
	if s.answerable() && asksExpire(r) {
		opt.Option = append(opt.Option, &dns.EDNS0_EXPIRE{Code: dns.EDNS0EXPIRE}) // nothing is left
	}
	return opt
}

// asksExpire says that a secondary asks how long the zone may be served (RFC 7314 §3).
func asksExpire(r *dns.Msg) bool {
	return r.Question[0].Qtype == dns.TypeSOA && slices.ContainsFunc(r.IsEdns0().Option, func(o dns.EDNS0) bool {
		return o.Option() == dns.EDNS0EXPIRE
	})
}
