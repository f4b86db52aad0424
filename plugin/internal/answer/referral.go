package answer

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// referral points to the nameservers of a delegated zone.
//
// RFC 1034 §4.3.2 step 3b: "Copy the NS RRs for the subzone into the authority section of the reply. Put
// whatever addresses are available into the additional section".
func (s *search) referral(at *place) {
	if len(s.res.Answer) == 0 {
		s.res.Authoritative = false
	}
	cut := s.spelled(ancestor(s.name, s.key, at.stopLen), at.stopNode)
	ns, _ := at.stopNode.RRset(dns.TypeNS)
	s.addAuthority(cut, &ns, Data) // the child signs it, not we (RFC 4035 §2.2)
	s.referred = len(s.res.Authority)
	if s.q.DO {
		s.security(at, cut)
	}
}

// security adds the DS RRset of a delegation, or the proof that there is none.
//
// RFC 4035 §3.1.4: "If a DS RRset is present at the delegation point, the name server MUST return both the
// DS RRset and its associated RRSIG RR(s) in the Authority section [...] If no DS RRset is present at the
// delegation point, the name server MUST return both the NSEC RR that proves that the DS RRset is not
// present and the NSEC RR's associated RRSIG RR(s)". RFC 5155 §7.2.7 is the same with NSEC3. A zone that is
// not signed gives neither: its DS would prove nothing.
func (s *search) security(at *place, cut owner.Name) {
	if s.denies() == denialNone {
		return
	}
	if ds, ok := at.stopNode.RRset(dns.TypeDS); ok {
		s.addAuthority(cut, &ds, Data|Sigs)
		return
	}
	s.proveNoData(cut, s.key[:at.stopLen])
}
