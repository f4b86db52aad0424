package answer

import (
	"bytes"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A stop is what ends the descent before the name itself.
type stop uint8

const (
	nothing stop = iota
	atCut        // a delegation at the name or above it
	atDNAME      // a DNAME above the name
)

// A place is where a name falls in the zone.
type place struct {
	node     zone.Node // the name itself, when it owns records
	encloser int       // length of the key of the closest encloser; that of the name's key when it exists

	stop     stop
	stopLen  int       // length of the key of the node that ended the descent
	stopNode zone.Node // that node
}

// exists says that the name owns records.
func (p *place) exists() bool { return !p.node.IsZero() }

// emptyNonTerminal says that the name exists only because names below it do (RFC 4592 §2.2.2).
func (p *place) emptyNonTerminal(key []byte) bool { return !p.exists() && p.encloser == len(key) }

// locate finds the place of a key. A cut or DNAME hides all that is below it, so the highest one counts.
func (s *search) locate(key []byte, at *place) {
	if len(key) == 0 {
		*at = place{node: s.v.ApexNode()}
		return
	}
	s.neighbours(key, at)
	if apex := s.v.ApexNode(); apex.Has(dns.TypeDNAME) {
		at.stop, at.stopNode = atDNAME, apex
		return
	}
	for n := firstLabel(key, 0); n <= at.encloser; n = firstLabel(key, n) {
		node := at.node
		if n < len(key) {
			node, _ = s.v.Get(key[:n])
		}
		if !node.IsZero() && at.stoppedBy(node, n, n == len(key)) {
			break
		}
		if n == len(key) {
			break
		}
	}
}

// stoppedBy checks a node on the way down; self says that it is the name itself.
func (p *place) stoppedBy(node zone.Node, n int, self bool) bool {
	switch {
	case node.Has(dns.TypeNS):
		// RFC 1034 §4.3.2 step 3b: "If a match would take us out of the authoritative data, we have a
		// referral. This happens when we encounter a node with NS RRs marking cuts".
		p.stop = atCut
	case !self && node.Has(dns.TypeDNAME):
		// RFC 6672 §2.3: a DNAME redirects the names below its owner, not the owner itself.
		p.stop = atDNAME
	default:
		return false
	}
	p.stopLen, p.stopNode = n, node
	return true
}

// neighbours finds the name and its closest encloser, which is the longest ancestor that the name shares
// with the name before or the name after it in canonical order.
func (s *search) neighbours(key []byte, at *place) {
	*at = place{}
	c := s.v.Cursor()
	encloser := 0
	if c.Seek(key) {
		next := c.Node()
		if bytes.Equal(next.Key(), key) {
			at.node, at.encloser = next, len(key)
			return
		}
		encloser = owner.CommonAncestor(key, next.Key())
	}
	if encloser < len(key) && c.Prev() {
		encloser = max(encloser, owner.CommonAncestor(key, c.Node().Key()))
	}
	at.encloser = encloser
}

// firstLabel is the length of the key of the name one label below the first n octets of key.
func firstLabel(key []byte, n int) int {
	if n >= len(key) {
		return len(key) + 1
	}
	return len(owner.FirstLabelKey(key, n))
}
