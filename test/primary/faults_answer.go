package primary

import (
	"github.com/miekg/dns"
)

// answering is a fault that answers an error code and nothing else.
func answering(name string, rcode int) Fault {
	return Fault{name, func(r *Reply) {
		r.Rcode, r.AA = rcode, false
		r.Records, r.Authority, r.More = nil, nil, nil
	}}
}

// Refused answers REFUSED.
func Refused() Fault { return answering("refused", dns.RcodeRefused) }

// Servfail answers SERVFAIL.
func Servfail() Fault { return answering("servfail", dns.RcodeServerFailure) }

// Notauth answers NOTAUTH.
func Notauth() Fault { return answering("notauth", dns.RcodeNotAuth) }

// Notimp answers NOTIMP.
func Notimp() Fault { return answering("notimp", dns.RcodeNotImplemented) }

// Formerr answers FORMERR.
func Formerr() Fault { return answering("formerr", dns.RcodeFormatError) }

// Nxdomain answers NXDOMAIN.
func Nxdomain() Fault { return answering("nxdomain", dns.RcodeNameError) }

// Empty answers NOERROR with AA and no record.
func Empty() Fault {
	return Fault{"empty", func(r *Reply) { r.Records, r.More = nil, nil }}
}

// onMessage is a fault that changes every message.
func onMessage(name string, change func(*Message)) Fault {
	return Fault{name, func(r *Reply) { r.OnMessage = append(r.OnMessage, change) }}
}

// NoAA clears AA.
func NoAA() Fault { return Fault{"no_aa", func(r *Reply) { r.AA = false }} }

// Truncated sets TC on UDP and leaves the answer out.
func Truncated() Fault {
	return OverUDP(Fault{"tc", func(r *Reply) {
		r.Records = nil
		r.OnMessage = append(r.OnMessage, func(m *Message) { m.TC = true })
	}})
}

// WrongID answers with another message ID.
func WrongID() Fault { return onMessage("wrong_id", func(m *Message) { m.ID++ }) }

// WrongIDLater has the right ID in the first message only.
func WrongIDLater() Fault {
	return onMessage("wrong_id_later", func(m *Message) {
		if m.Index > 0 {
			m.ID++
		}
	})
}

// NotAResponse clears QR.
func NotAResponse() Fault {
	return onMessage("no_qr", func(m *Message) { m.Response = false })
}

// WrongQuestion answers a question about another name.
func WrongQuestion() Fault {
	return onMessage("wrong_question", func(m *Message) {
		for i := range m.Question {
			m.Question[i].Name = "wrong.question."
		}
	})
}

// WrongQtype answers a question about another type.
func WrongQtype() Fault {
	return onMessage("wrong_qtype", func(m *Message) {
		for i := range m.Question {
			m.Question[i].Qtype = dns.TypeTXT
		}
	})
}

// NoQuestionLater leaves the question section of all but the first message
// empty, as RFC 5936 §2.2.1 allows.
func NoQuestionLater() Fault {
	return onMessage("no_question_later", func(m *Message) {
		if m.Index > 0 {
			m.Question = nil
		}
	})
}

// NoQuestion leaves the question section empty everywhere.
func NoQuestion() Fault { return onMessage("no_question", func(m *Message) { m.Question = nil }) }

// RcodeLater answers SERVFAIL in the second message.
func RcodeLater() Fault {
	return onMessage("servfail_later", func(m *Message) {
		if m.Index == 1 {
			m.Rcode, m.Answer = dns.RcodeServerFailure, nil
		}
	})
}

// OtherOwner gives the SOA another owner name.
func OtherOwner() Fault {
	return Fault{"soa_of_other_owner", func(r *Reply) {
		r.Records = mapRecords(r.Records, func(rr dns.RR) {
			if rr.Header().Rrtype == dns.TypeSOA {
				rr.Header().Name = "other-owner."
			}
		})
	}}
}

// TwoSOAs adds a second SOA with another serial.
func TwoSOAs() Fault {
	return Fault{"two_soas", func(r *Reply) {
		if len(r.Records) > 0 {
			r.Records = append(r.Records, withSerial(r.Records[0], 1000))
		}
	}}
}

// CNAMEAtApex answers with a CNAME of the apex.
func CNAMEAtApex() Fault {
	return Fault{"cname_at_apex", func(r *Reply) {
		r.Records = []dns.RR{&dns.CNAME{
			Hdr:    dns.RR_Header{Name: r.Zone, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 300},
			Target: "elsewhere.example.",
		}}
	}}
}

// mapRecords is a copy of records in which each was changed.
func mapRecords(rrs []dns.RR, change func(dns.RR)) []dns.RR {
	out := make([]dns.RR, len(rrs))
	for i, rr := range rrs {
		out[i] = dns.Copy(rr)
		change(out[i])
	}
	return out
}

// withSerial is a copy of an SOA whose serial is higher by some; any other
// record stays as it is.
func withSerial(rr dns.RR, more uint32) dns.RR {
	rr = dns.Copy(rr)
	if soa, ok := rr.(*dns.SOA); ok {
		soa.Serial += more
	}
	return rr
}
