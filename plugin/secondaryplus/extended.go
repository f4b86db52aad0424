package secondaryplus

import (
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// extendedError is what an answer says of itself (RFC 8914 §4).
type extendedError struct {
	code uint16
	text string
}

// extendedErrorOf says why there is no answer, or what kind of answer it is; false: it is an ordinary one.
func extendedErrorOf(s state, rcode int) (extendedError, bool) {
	switch s {
	case stateUnloaded:
		return extendedError{dns.ExtendedErrorCodeNotReady, "zone was not transferred yet"}, true
	case stateExpired:
		return extendedError{dns.ExtendedErrorCodeInvalidData, "zone has expired"}, true
	case stateStale:
		return extendedError{staleCode(rcode), "zone has expired"}, true
	case stateFallback:
		return extendedError{staleCode(rcode), "answered from the fallback file"}, true
	}
	return extendedError{}, false
}

func staleCode(rcode int) uint16 {
	if rcode == dns.RcodeNameError {
		return dns.ExtendedErrorCodeStaleNXDOMAINAnswer
	}
	return dns.ExtendedErrorCodeStaleAnswer
}

// remarkOPT is the OPT record of an answer to r that has something to say, or nil: without an OPT record in the
// query there is none in the answer (RFC 6891 §6.1.1), and an ordinary answer gets that of the server. The
// server fills in the header. z is the zone whose SOA may be the answer; nil: there is no answer.
func remarkOPT(r *dns.Msg, s state, rcode int, z *refresh.Zone) *dns.OPT {
	asked := r.IsEdns0()
	if asked == nil {
		return nil
	}
	var options []dns.EDNS0
	if why, ok := extendedErrorOf(s, rcode); ok {
		options = append(options, &dns.EDNS0_EDE{InfoCode: why.code, ExtraText: why.text})
	}
	if z != nil && r.Question[0].Qtype == dns.TypeSOA && asksExpire(asked) {
		expire := &dns.EDNS0_EXPIRE{Code: dns.EDNS0EXPIRE}
		if s == stateServing {
			expire.Expire = leaseLeft(z, time.Now())
		}
		options = append(options, expire)
	}
	if options == nil {
		return nil
	}
	return &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}, Option: options}
}

// leaseOf is the zone of an answer that may give its lease; nil: there is no answer.
func leaseOf(z *refresh.Zone, m *dns.Msg) *refresh.Zone {
	if len(m.Answer) == 0 {
		return nil
	}
	return z
}
