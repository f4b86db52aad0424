package answer

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// target is the name that a CNAME or DNAME points to, or nil when its RDATA is no name.
func (s *search) target(set zone.RRset) owner.Name {
	name, ok := rdata.Target(set.First(), set.Type)
	if !ok {
		return nil
	}
	return name
}

// substitute redirects a name below a DNAME.
//
// RFC 6672 §3.2 step 3: the DNAME goes into the answer section. If its target in place of its owner would make
// QNAME too long, the RCODE is YXDOMAIN and the search ends. Otherwise a CNAME from the old name to the new one
// goes with it, and the search starts again with the new name.
func (s *search) substitute(at *place) owner.Name {
	set, _ := at.stopNode.RRset(dns.TypeDNAME)
	redirected := s.spelled(ancestor(s.name, s.key, at.stopLen), at.stopNode)
	s.addAnswer(redirected, &set, s.parts())
	target := s.target(set)
	if target == nil {
		return nil
	}
	prefix := s.name[:len(s.name)-len(redirected)]
	if len(prefix)+len(target) > owner.MaxName {
		s.res.Rcode = dns.RcodeYXDomain
		return nil
	}
	start := len(s.names)
	s.names = append(append(s.names, prefix...), target...)
	next := owner.Name(s.names[start:len(s.names):len(s.names)])
	// RFC 6672 §3.1: the CNAME has the TTL of the DNAME, and no RRSIG: validators check the DNAME's (§5.3.1).
	fill(&s.res.Answer, s.name, &zone.RRset{TTL: set.TTL}, Data).Target = next
	if s.q.Type == dns.TypeCNAME {
		return nil // the synthesised record is what was asked for; so do BIND, NSD and Knot
	}
	if target.IsBelowOrEqual(redirected) {
		return nil // each substitution would lead to the next until the name overflows; NSD stops here too
	}
	return next
}
