package answer

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A denial is how the zone proves that something does not exist. It is found at the first proof.
type denial struct {
	kind  denialKind
	chain chain // with NSEC3
}

type denialKind uint8

const (
	denialUnknown denialKind = iota
	denialNone               // not signed, or the proofs cannot be found
	denialNSEC
	denialNSEC3
)

// denies says how the zone denies.
func (s *search) denies() denialKind {
	if s.denial.kind != denialUnknown {
		return s.denial.kind
	}
	if known := knownOf(s.v); known != nil {
		s.denial = known.denial
	} else {
		s.denial = denialOf(s.v)
	}
	s.denial.chain.room = s.hashRoom[:0]
	return s.denial.kind
}

// denialOf finds out how a zone denies. An NSEC3PARAM stands for a complete chain (RFC 5155 §7.1 step 7), so it
// goes before NSEC, which may be there still or already while a zone changes from one to the other.
func denialOf(v *zone.Version) denial {
	if chain, ok := findChain(v); ok {
		return denial{denialNSEC3, chain}
	}
	if v.ApexNode().Has(dns.TypeNSEC) {
		return denial{kind: denialNSEC}
	}
	return denial{kind: denialNone}
}

// proveNoData proves that an existing name does not own the type, or a cut no DS.
func (s *search) proveNoData(name owner.Name, key []byte) {
	switch s.denies() {
	case denialNSEC:
		// RFC 4035 §3.1.3.1. For an empty non-terminal the NSEC before it shows that names below it exist.
		s.nsecAtOrBefore(key)
	case denialNSEC3:
		s.nsec3NoData(name, key)
	}
}

// proveAbsent proves that the name does not exist, and that its closest encloser has no wildcard, or one that
// does not own the type.
func (s *search) proveAbsent(at *place) {
	if !s.q.DO {
		return
	}
	switch s.denies() {
	case denialNSEC:
		// RFC 4035 §3.1.3.2 and §3.1.3.4: one NSEC that denies the name, and one that denies the wildcard, or
		// its type; a single record may do both.
		s.nsecAtOrBefore(s.key)
		s.nsecAtOrBefore(owner.AppendWildcardKey(s.wildRoom[:0], s.key[:at.encloser]))
	case denialNSEC3:
		s.nsec3Absent(at.encloser)
	}
}

// proveExpansion proves that no name is closer to QNAME than the wildcard that answered.
func (s *search) proveExpansion(from *place) {
	if from == nil || !s.q.DO {
		return
	}
	switch s.denies() {
	case denialNSEC:
		s.nsecAtOrBefore(s.key) // RFC 4035 §3.1.3.3
	case denialNSEC3:
		s.nsec3NextCloser(from.encloser) // RFC 5155 §7.2.6
	}
}

// addProof adds the NSEC or NSEC3 RRset of a node, if there is one, once. Its TTL is the stored one: RFC 9077 makes
// it the signer's task to keep it at min(SOA TTL, MINIMUM).
func (s *search) addProof(node zone.Node, rrtype uint16) {
	if node.IsZero() {
		return
	}
	set, ok := node.RRset(rrtype)
	if !ok {
		return
	}
	start := len(s.names)
	name := s.ownerOf(node)
	if holds(s.res.Authority, name, rrtype) {
		s.names = s.names[:start]
		return
	}
	s.addAuthority(name, &set, Data|Sigs)
}
