package answer

import (
	"github.com/miekg/dns"
)

// noName is NXDOMAIN: neither the name nor a wildcard for it exists.
//
// RFC 6604 §3: behind a chain of aliases the RCODE is that of the last name.
func (s *search) noName(at *place) {
	s.res.Rcode = dns.RcodeNameError
	s.negativeSOA()
	s.proveAbsent(at)
}

// noData is the answer at a name that exists without the type, empty non-terminals among them (RFC 2308 §2.2).
func (s *search) noData() {
	s.negativeSOA()
	if s.q.DO {
		s.proveNoData(s.name, s.key)
	}
}

// noRecords is NODATA at the name itself, or at the wildcard that stands for it.
func (s *search) noRecords(from *place) {
	if from == nil {
		s.noData()
		return
	}
	s.negativeSOA()
	s.proveAbsent(from)
}

// negativeSOA puts the SOA into the authority section.
//
// RFC 2308 §3: its TTL is the lower one of its MINIMUM field and its own TTL. BIND, NSD and Knot give its RRSIG
// the same TTL (RFC 4034 §3).
func (s *search) negativeSOA() {
	r := fill(&s.res.Authority, s.v.Apex(), s.v.ApexSOA(), s.parts())
	r.TTL = min(r.TTL, s.v.Minimum())
	r.SigTTL = min(r.SigTTL, r.TTL)
}
