package answer

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// asterisk is the wire form of the label of a wildcard.
const asterisk = "\x01*"

// nsec3NoData proves that a name does not own a type.
//
// RFC 5155 §7.2.3: the record that matches QNAME. §7.2.4, for DS in an opt-out span: where none matches, a closest
// provable encloser proof. So do the peers for an empty non-terminal that exists only for the sake of unsigned
// delegations and has no NSEC3, and for a referral (§7.2.7).
func (s *search) nsec3NoData(name owner.Name, key []byte) {
	if s.nsec3Match("", name) || len(key) == 0 {
		return
	}
	if n, ok := s.nsec3Encloser(name, key, len(owner.ParentKey(key))); ok {
		s.nsec3Cover("", ancestor(name, key, firstLabel(key, n)))
	}
}

// nsec3NoName proves that neither QNAME nor a wildcard for it exists.
//
// RFC 5155 §7.2.2: a closest encloser proof for QNAME, and the record that covers the wildcard at the closest
// encloser.
func (s *search) nsec3NoName(encloser int) {
	n, ok := s.nsec3Encloser(s.name, s.key, encloser)
	if !ok {
		return
	}
	s.nsec3NextCloser(n)
	s.nsec3Cover(asterisk, ancestor(s.name, s.key, n))
}

// nsec3ExpansionNoData proves that QNAME does not exist and that the wildcard does not own the type
// (RFC 5155 §7.2.5).
func (s *search) nsec3ExpansionNoData(encloser int) {
	n, ok := s.nsec3Encloser(s.name, s.key, encloser)
	if !ok {
		return
	}
	s.nsec3NextCloser(n)
	s.nsec3Match(asterisk, ancestor(s.name, s.key, n))
}

// nsec3Encloser adds the record that matches the closest provable encloser: the closest encloser, whose key is
// the first n octets of key, or, if an opt-out span hides it, the nearest ancestor that has a record.
func (s *search) nsec3Encloser(name owner.Name, key []byte, n int) (int, bool) {
	for {
		if s.nsec3Match("", ancestor(name, key, n)) {
			return n, true
		}
		if n == 0 {
			return 0, false
		}
		n = len(owner.ParentKey(key[:n]))
	}
}

// nsec3NextCloser adds the record that covers the next closer name: the name one label below the encloser
// towards QNAME (RFC 5155 §1.3).
func (s *search) nsec3NextCloser(encloser int) {
	s.nsec3Cover("", ancestor(s.name, s.key, firstLabel(s.key, encloser)))
}

func (s *search) nsec3Match(prefix string, name owner.Name) bool {
	node, ok := s.denial.chain.match(prefix, name)
	if ok {
		s.addProof(node, dns.TypeNSEC3)
	}
	return ok
}

func (s *search) nsec3Cover(prefix string, name owner.Name) {
	if node, ok := s.denial.chain.cover(prefix, name); ok {
		s.addProof(node, dns.TypeNSEC3)
	}
}
