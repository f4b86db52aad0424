package answer

import (
	"fmt"
	"slices"

	"github.com/miekg/dns"
)

// nsecProofs validates denial by NSEC.
type nsecProofs struct{ r *reply }

func (p nsecProofs) matching(name string) *dns.NSEC {
	rr, _ := find(p.r.authority, name, dns.TypeNSEC).(*dns.NSEC)
	return rr
}

// covering is an NSEC that may be used to deny the name (RFC 6840 §4.1: not one from above a cut or a DNAME).
func (p nsecProofs) covering(name string) *dns.NSEC {
	for _, rr := range p.r.authority {
		n, ok := rr.(*dns.NSEC)
		if !ok || compareCanonically(n.Hdr.Name, name) >= 0 {
			continue
		}
		last := compareCanonically(n.NextDomain, n.Hdr.Name) <= 0
		if !last && compareCanonically(name, n.NextDomain) >= 0 {
			continue
		}
		above := dns.IsSubDomain(n.Hdr.Name, name)
		if above && (delegates(n.TypeBitMap) || slices.Contains(n.TypeBitMap, dns.TypeDNAME)) {
			continue
		}
		return n
	}
	return nil
}

// encloser is the closest encloser of a name that an NSEC covers.
func (p nsecProofs) encloser(n *dns.NSEC, name string) string {
	labels := max(dns.CompareDomainName(n.Hdr.Name, name), dns.CompareDomainName(n.NextDomain, name))
	return ancestorOf(name, labels)
}

func (p nsecProofs) emptyNonTerminal(name string) bool {
	n := p.covering(name)
	return n != nil && dns.IsSubDomain(name, n.NextDomain)
}

func (p nsecProofs) noName(name string) error {
	n := p.covering(name)
	if n == nil || dns.IsSubDomain(name, n.NextDomain) {
		return fmt.Errorf("no NSEC covers %s", name)
	}
	wildcard := wildcardOf(p.encloser(n, name))
	if p.covering(wildcard) == nil || p.emptyNonTerminal(wildcard) {
		return fmt.Errorf("no NSEC covers %s", wildcard)
	}
	return nil
}

func (p nsecProofs) noData(name string, qtype uint16) error {
	if n := p.matching(name); n != nil {
		if !denied(n.TypeBitMap, qtype) || delegates(n.TypeBitMap) && qtype != dns.TypeDS {
			return fmt.Errorf("the NSEC of %s does not deny %s", name, dns.TypeToString[qtype])
		}
		return nil
	}
	if p.emptyNonTerminal(name) {
		return nil
	}
	n := p.covering(name)
	if n == nil {
		return fmt.Errorf("no NSEC covers %s", name)
	}
	wildcard := wildcardOf(p.encloser(n, name))
	if p.emptyNonTerminal(wildcard) {
		return nil
	}
	if w := p.matching(wildcard); w == nil || !denied(w.TypeBitMap, qtype) {
		return fmt.Errorf("no NSEC denies %s at %s", dns.TypeToString[qtype], wildcard)
	}
	return nil
}

func (p nsecProofs) noDS(cut string) error {
	n := p.matching(cut)
	if n == nil || !delegates(n.TypeBitMap) || slices.Contains(n.TypeBitMap, dns.TypeDS) {
		return fmt.Errorf("no NSEC denies DS at %s", cut)
	}
	return nil
}

func (p nsecProofs) noCloser(name string, labels int) error {
	n := p.covering(name)
	if n == nil {
		return fmt.Errorf("no NSEC covers %s, which comes from a wildcard", name)
	}
	if encloser := p.encloser(n, name); dns.CountLabel(encloser) != labels {
		return fmt.Errorf("%s comes from a wildcard that is not at its closest encloser %s", name, encloser)
	}
	return nil
}
