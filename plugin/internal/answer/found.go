package answer

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// found answers from a node: of the name itself, or of the wildcard that stands for it (RFC 4592 §3.3.1), when from
// is the place of the name that does not exist. It returns the target if the node is an alias that is to be
// followed.
func (s *search) found(node zone.Node, from *place) owner.Name {
	name := s.name
	if from == nil {
		name = s.spelled(name, node)
	}
	if s.q.Type == dns.TypeANY {
		s.any(name, node, from)
		return nil
	}
	// RFC 1034 §4.3.2 step 3a: "If the data at the node is a CNAME, and QTYPE doesn't match CNAME, copy the
	// CNAME RR into the answer section of the response, change QNAME to the canonical name in the CNAME RR,
	// and go back to step 1."
	if set, ok := node.RRset(dns.TypeCNAME); ok && followed(s.q.Type) {
		s.addAnswer(name, &set, s.parts())
		s.proveExpansion(from)
		return s.target(set)
	}
	if s.q.Type == dns.TypeRRSIG {
		s.signatures(name, node, from)
		return nil
	}
	if set, ok := node.RRset(s.q.Type); ok {
		s.addAnswer(name, &set, s.parts())
		s.proveExpansion(from)
		s.nameservers()
		return nil
	}
	s.noRecords(from)
	return nil
}

// followed says whether a CNAME answers a question of the type. NSEC and RRSIG live beside a CNAME (RFC 4034
// §4, RFC 2181 §10.1).
func followed(qtype uint16) bool {
	return qtype != dns.TypeCNAME && qtype != dns.TypeNSEC && qtype != dns.TypeRRSIG
}

// signatures answers a question for RRSIG with all those at the name, as BIND and NSD do.
func (s *search) signatures(name owner.Name, node zone.Node, from *place) {
	signed := false
	for set := range node.RRsets() {
		if set.SigLen() > 0 {
			signed = true
			s.addAnswer(name, &set, Sigs)
		}
	}
	if !signed {
		s.noRecords(from)
		return
	}
	s.proveExpansion(from)
	s.nameservers()
}

// any answers a question for all types with one RRset, the one with the lowest type, as Knot does; NSD sends
// a single RRset too. NSEC tells the client nothing that it asked for, and is sent only if nothing else is there.
//
// RFC 8482 §4.1 allows an answer with one RRset, or with any part of those that there are.
func (s *search) any(name owner.Name, node zone.Node, from *place) {
	var chosen zone.RRset
	parts := Parts(0)
	for set := range node.RRsets() {
		if set.Len() > 0 && set.Type != dns.TypeNSEC {
			chosen, parts = set, s.parts()
			break
		}
		if parts == 0 {
			chosen, parts = set, s.parts()
		}
	}
	if parts == 0 {
		s.noRecords(from)
		return
	}
	if chosen.Len() == 0 {
		parts = Sigs // all that is left of an RRset is its RRSIGs
	}
	s.addAnswer(name, &chosen, parts)
	s.proveExpansion(from)
}

// wildcard answers for a name that does not exist, if its closest encloser has a wildcard.
//
// RFC 4592 §3.3.1: the source of synthesis is the wildcard that descends immediately from the closest
// encloser. It may itself be an empty non-terminal, and then denies every type. A
// wildcard that owns NS or DNAME is an ordinary name here: RFC 4592 §4.2 and §4.4 leave both undefined; as in NSD it
// neither delegates nor redirects the names that it covers.
func (s *search) wildcard(at *place) owner.Name {
	key := owner.AppendWildcardKey(s.wildRoom[:0], s.key[:at.encloser])
	source := &s.source
	s.neighbours(key, source)
	switch {
	case source.exists():
		return s.found(source.node, at)
	case source.emptyNonTerminal(key):
		s.noRecords(at)
	default:
		s.noName(at)
	}
	return nil
}

// nameservers puts the zone's NS RRset beside a positive answer, unless it is the answer or not wanted.
// RFC 1034 does not ask for it; BIND and NSD do so where they are not told to be minimal, except beside
// the types that validators and parents ask for.
func (s *search) nameservers() {
	switch s.q.Type {
	case dns.TypeDS, dns.TypeDNSKEY, dns.TypeCDS, dns.TypeCDNSKEY:
		return
	}
	if s.q.Minimal {
		return
	}
	if set := s.v.ApexNS(); set.Len() > 0 && !holds(s.res.Answer, s.v.Apex(), dns.TypeNS) {
		s.addAuthority(s.v.Apex(), set, s.parts())
	}
}
