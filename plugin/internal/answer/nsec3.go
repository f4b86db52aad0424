package answer

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// asterisk is the wire form of the label of a wildcard.
const asterisk = "\x01*"

// nsec3NoData proves that a name does not own a type.
//
// RFC 5155 §7.2.3: the record that matches QNAME. §7.2.4, for DS in an opt-out span: where none matches, a closest
// provable encloser proof. So do the peers for an empty non-terminal that exists only for the sake of unsigned
// delegations and has no NSEC3 (erratum 3441), and for a referral (§7.2.7).
func (s *search) nsec3NoData(name owner.Name, key []byte) {
	node, matches := s.denial.chain.find("", name)
	if matches || len(key) == 0 {
		s.addProof(node, dns.TypeNSEC3)
		return
	}
	s.nsec3Encloser(name, key, len(owner.ParentKey(key)), node)
}

// nsec3Absent proves that QNAME does not exist, and that nothing answers for it: the wildcard does not exist
// either (RFC 5155 §7.2.2), or does not own the type (§7.2.5).
//
// With opt-out the closest provable encloser may lie above the closest encloser, and what is sent about its
// wildcard need not be what was found in the zone: a wildcard that is an empty non-terminal may have no NSEC3, and
// where the closest encloser has none the wildcard above it may have one. Either way the record that matches the
// wildcard or covers it is all that can be shown; BIND sends it too.
func (s *search) nsec3Absent(encloser int) {
	n, ok := s.nsec3Encloser(s.name, s.key, encloser, zone.Node{})
	if !ok {
		return
	}
	node, matches := s.denial.chain.find(asterisk, ancestor(s.name, s.key, n))
	if !matches && s.q.Type == dns.TypeDS && s.res.Rcode == dns.RcodeSuccess {
		return // RFC 5155 §7.2.4: for DS the closest provable encloser proof is enough; so it is for NSD and Knot
	}
	s.addProof(node, dns.TypeNSEC3)
}

// nsec3NextCloser adds the record that covers the next closer name: the name one label below the encloser
// towards QNAME (RFC 5155 §1.3).
func (s *search) nsec3NextCloser(encloser int) {
	node, _ := s.denial.chain.find("", ancestor(s.name, s.key, firstLabel(s.key, encloser)))
	s.addProof(node, dns.TypeNSEC3)
}

// nsec3Encloser adds the record that matches the closest provable encloser, and the one that covers the next
// closer name; below is the latter, if it is known. The closest provable encloser is the closest encloser, whose
// key is the first n octets of key, or, if an opt-out span hides it, the nearest ancestor that has a record.
func (s *search) nsec3Encloser(name owner.Name, key []byte, n int, below zone.Node) (int, bool) {
	for {
		node, matches := s.denial.chain.find("", ancestor(name, key, n))
		if matches {
			if below.IsZero() {
				below, _ = s.denial.chain.find("", ancestor(name, key, firstLabel(key, n)))
			}
			s.addProof(node, dns.TypeNSEC3)
			s.addProof(below, dns.TypeNSEC3)
			return n, true
		}
		if n == 0 {
			return 0, false
		}
		n, below = len(owner.ParentKey(key[:n])), node
	}
}
