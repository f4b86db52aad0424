package answer

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// searchSteps bounds the walk to the next record of a chain of denial. In a zone that is whole a few steps
// are enough; in a broken one a question must not cost a walk over the zone.
const searchSteps = 1024

// nsecAtOrBefore adds the NSEC of the name, or of the last name before it that owns one: names below a cut do
// not (RFC 4035 §2.3), nor do those below a DNAME.
func (s *search) nsecAtOrBefore(key []byte) {
	c := s.v.Cursor()
	if c.Seek(key) {
		if node := c.Node(); string(node.Key()) == string(key) && node.Has(dns.TypeNSEC) {
			s.addProof(node, dns.TypeNSEC)
			return
		}
	}
	for range searchSteps {
		if !c.Prev() {
			return
		}
		node := c.Node()
		if node.Has(dns.TypeNSEC) {
			s.addProof(node, dns.TypeNSEC)
			return
		}
		// A TLD may have very many addresses below one cut: leave them behind in one step.
		if cut := s.hiddenBy(node.Key()); !cut.IsZero() {
			s.addProof(cut, dns.TypeNSEC)
			return
		}
	}
}

// hiddenBy is the highest cut or DNAME above a name, if there is one.
func (s *search) hiddenBy(key []byte) zone.Node {
	for n := firstLabel(key, 0); n < len(key); n = firstLabel(key, n) {
		if node, ok := s.v.Get(key[:n]); ok && (node.Has(dns.TypeNS) || node.Has(dns.TypeDNAME)) {
			return node
		}
	}
	return zone.Node{}
}
