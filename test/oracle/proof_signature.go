package oracle

import (
	"fmt"
	"sync"

	"github.com/miekg/dns"
)

// verified remembers signatures that were good over the same records: all four
// servers send the same ones, thousands of times.
var verified sync.Map

type rrset struct {
	owner string
	rtype uint16
	rrs   []dns.RR
	sigs  []*dns.RRSIG
}

// signatures demands a good signature over every RRset of the answer and
// authority sections, but for those that have none by nature, and notes which
// of them came from a wildcard (RFC 4035 section 5.3.4).
func (p *prover) signatures() error {
	for _, section := range [][]dns.RR{p.m.Answer, p.m.Ns} {
		for _, set := range rrsets(section) {
			if len(set.rrs) == 0 || p.unsignedByNature(set) {
				continue
			}
			if err := p.signed(set); err != nil {
				return fmt.Errorf("%s %s: %w", set.owner, dns.Type(set.rtype), err)
			}
		}
	}
	return nil
}

// unsignedByNature holds for the NS of a cut (RFC 4035 section 2.2) and for a
// CNAME that a DNAME made (RFC 6672 section 5.3.1).
func (p *prover) unsignedByNature(s *rrset) bool {
	owner := labelsOf(s.owner)
	if !owner.under(p.apex) {
		return true // NSD follows an alias into another zone, which has other keys
	}
	if s.rtype == dns.TypeNS {
		return owner.below(p.apex)
	}
	if s.rtype != dns.TypeCNAME {
		return false
	}
	for _, rr := range p.m.Answer {
		d, ok := rr.(*dns.DNAME)
		if !ok || !owner.below(labelsOf(d.Hdr.Name)) {
			continue
		}
		from, to := labelsOf(d.Hdr.Name), labelsOf(d.Target)
		made := append(to[:len(to):len(to)], owner[len(from):]...)
		return made.equal(labelsOf(s.rrs[0].(*dns.CNAME).Target))
	}
	return false
}

func (p *prover) signed(s *rrset) error {
	if len(s.sigs) == 0 {
		return fmt.Errorf("no RRSIG")
	}
	for _, sig := range s.sigs {
		if err := p.verify(sig, s.rrs); err != nil {
			return err
		}
		owner := labelsOf(s.owner)
		n := len(owner)
		if n > 0 && string(owner[n-1]) == "*" {
			n-- // RFC 4034 section 3.1.3 does not count it
		}
		if int(sig.Labels) < n {
			p.wildcards = append(p.wildcards, expansion{owner, owner[:sig.Labels]})
		}
	}
	return nil
}

func (p *prover) verify(sig *dns.RRSIG, rrs []dns.RR) error {
	id := sig.String()
	for _, text := range recordSet(rrs) {
		id += "\n" + text
	}
	if _, known := verified.Load(id); known {
		return nil
	}
	for _, key := range p.zone.Keys {
		if key.KeyTag() == sig.KeyTag && sig.Verify(key, rrs) == nil {
			verified.Store(id, true)
			return nil
		}
	}
	return fmt.Errorf("RRSIG is bogus")
}

// rrsets groups a section.
func rrsets(section []dns.RR) []*rrset {
	var list []*rrset
	get := func(owner string, t uint16) *rrset {
		for _, s := range list {
			if s.owner == owner && s.rtype == t {
				return s
			}
		}
		list = append(list, &rrset{owner: owner, rtype: t})
		return list[len(list)-1]
	}
	seen := map[string]bool{}
	for _, rr := range section {
		text := canonicalText(rr)
		if seen[text] {
			continue // the loops of NSD and Knot repeat themselves, and DNAMEs in a chain
		}
		seen[text] = true
		owner := fold(rr.Header().Name)
		if sig, ok := rr.(*dns.RRSIG); ok {
			s := get(owner, sig.TypeCovered)
			s.sigs = append(s.sigs, sig)
			continue
		}
		s := get(owner, rr.Header().Rrtype)
		s.rrs = append(s.rrs, rr)
	}
	return list
}
