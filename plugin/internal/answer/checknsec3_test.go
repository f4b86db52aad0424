package answer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// nsec3Proofs validates denial by NSEC3.
type nsec3Proofs struct {
	r   *reply
	how signing
}

func (p nsec3Proofs) each(yield func(rr *dns.NSEC3, hash string) bool) {
	for _, rr := range p.r.authority {
		if n, ok := rr.(*dns.NSEC3); ok && n.Salt == p.how.salt && n.Iterations == p.how.iterations {
			hash, _, _ := strings.Cut(n.Hdr.Name, ".")
			if !yield(n, strings.ToUpper(hash)) {
				return
			}
		}
	}
}

func (p nsec3Proofs) hash(name string) string {
	return strings.ToUpper(dns.HashName(name, 1, p.how.iterations, p.how.salt))
}

func (p nsec3Proofs) matching(name string) *dns.NSEC3 {
	for rr, hash := range p.each {
		if hash == p.hash(name) {
			return rr
		}
	}
	return nil
}

func (p nsec3Proofs) covering(name string) *dns.NSEC3 {
	h := p.hash(name)
	for rr, hash := range p.each {
		next := strings.ToUpper(rr.NextDomain)
		if hash < h && h < next || next <= hash && (h > hash || h < next) {
			return rr
		}
	}
	return nil
}

// encloser proves the closest encloser: RFC 5155 §8.3.
func (p nsec3Proofs) encloser(name string) (encloser string, cover *dns.NSEC3, err error) {
	for labels := dns.CountLabel(name) - 1; labels >= dns.CountLabel(p.r.origin); labels-- {
		encloser = ancestorOf(name, labels)
		match := p.matching(encloser)
		if match == nil {
			continue
		}
		if delegates(match.TypeBitMap) || slices.Contains(match.TypeBitMap, dns.TypeDNAME) {
			return "", nil, fmt.Errorf("the encloser %s of %s is a cut", encloser, name)
		}
		nextCloser := ancestorOf(name, labels+1)
		if cover = p.covering(nextCloser); cover == nil {
			return "", nil, fmt.Errorf("no NSEC3 covers the next closer name %s", nextCloser)
		}
		return encloser, cover, nil
	}
	return "", nil, fmt.Errorf("no NSEC3 matches an encloser of %s", name)
}

func (p nsec3Proofs) noName(name string) error {
	encloser, cover, err := p.encloser(name)
	if err != nil {
		return err
	}
	wildcard := wildcardOf(encloser)
	if p.covering(wildcard) != nil {
		return nil
	}
	// The closest encloser may be an empty non-terminal that opt-out hides (erratum 3441), and the closest provable
	// one above it have a wildcard. Then nothing denies the name, and the most that can be shown is that wildcard.
	if cover.Flags&1 == 0 || p.matching(wildcard) == nil {
		return fmt.Errorf("no NSEC3 covers %s", wildcard)
	}
	return nil
}

func (p nsec3Proofs) noData(name string, qtype uint16) error {
	if n := p.matching(name); n != nil {
		if !denied(n.TypeBitMap, qtype) || delegates(n.TypeBitMap) && qtype != dns.TypeDS {
			return fmt.Errorf("the NSEC3 of %s does not deny %s", name, dns.TypeToString[qtype])
		}
		return nil
	}
	encloser, cover, err := p.encloser(name)
	if err != nil {
		return err
	}
	if w := p.matching(wildcardOf(encloser)); w != nil && denied(w.TypeBitMap, qtype) {
		return nil
	}
	// RFC 5155 §8.6 for DS; an empty non-terminal above nothing but unsigned delegations is insecure as well.
	if cover.Flags&1 == 0 {
		return fmt.Errorf("nothing denies %s at %s", dns.TypeToString[qtype], name)
	}
	return nil
}

func (p nsec3Proofs) noDS(cut string) error {
	if n := p.matching(cut); n != nil {
		if !delegates(n.TypeBitMap) || slices.Contains(n.TypeBitMap, dns.TypeDS) {
			return fmt.Errorf("the NSEC3 of %s does not deny DS", cut)
		}
		return nil
	}
	_, cover, err := p.encloser(cut)
	if err == nil && cover.Flags&1 == 0 {
		err = fmt.Errorf("the NSEC3 that covers the delegation %s has no opt-out", cut)
	}
	return err
}

func (p nsec3Proofs) noCloser(name string, labels int) error {
	if nextCloser := ancestorOf(name, labels+1); p.covering(nextCloser) == nil {
		return fmt.Errorf("no NSEC3 covers %s; %s comes from a wildcard", nextCloser, name)
	}
	return nil
}
