package oracle

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// denial is a set of signed NSEC or NSEC3 records that proves things.
type denial interface {
	// nxdomain: name does not exist and no wildcard stands in for it.
	nxdomain(name labels) error
	// nodata: name, or the wildcard in its place, has nothing of the type.
	nodata(name labels, qtype uint16) error
	// expanded: name does not exist itself, encloser being where the wildcard
	// that answered hangs.
	expanded(name, encloser labels) error
	// unsigned: the cut has no DS.
	unsigned(cut labels) error
}

// proven checks a reply to a question with DO as a validator would: every
// signature, and every statement that something does not exist.
func (z *Zone) proven(q Question, m *dns.Msg) error {
	p := &prover{zone: z, apex: labelsOf(z.Name), q: q, m: m}
	if err := p.signatures(); err != nil {
		return err
	}
	p.denial = p.collect()
	for _, w := range p.wildcards {
		if err := p.denial.expanded(w.name, w.encloser); err != nil {
			return fmt.Errorf("wildcard answer for %s: %w", w.name, err)
		}
	}
	return p.conclusion()
}

type prover struct {
	zone      *Zone
	apex      labels
	q         Question
	m         *dns.Msg
	denial    denial
	wildcards []expansion
}

type expansion struct{ name, encloser labels }

// conclusion checks what the reply says about the end of the alias chain.
func (p *prover) conclusion() error {
	name, links := p.end()
	if !name.under(p.apex) || p.m.Rcode == dns.RcodeYXDomain {
		return nil
	}
	has := func(t uint16) bool { return find(p.m.Ns, t) != nil }
	switch {
	case p.m.Rcode == dns.RcodeNameError:
		if !has(dns.TypeSOA) {
			return fmt.Errorf("NXDOMAIN without SOA")
		}
		return p.denial.nxdomain(name)
	case p.m.Rcode != dns.RcodeSuccess:
		return nil // SERVFAIL and REFUSED state nothing
	case has(dns.TypeSOA):
		return p.denial.nodata(name, p.q.Type)
	case p.positive(name):
		return nil
	}
	if cut := p.referral(name); cut != nil {
		if find(p.m.Ns, dns.TypeDS) != nil {
			return nil
		}
		return p.denial.unsigned(cut)
	}
	if links > 0 {
		return nil // the resolver goes on by itself
	}
	return fmt.Errorf("nothing is said about %s", name)
}

// end follows the aliases of the answer and counts them.
func (p *prover) end() (labels, int) {
	name := labelsOf(p.q.Name)
	for links := 0; links <= len(p.m.Answer); links++ {
		next := p.alias(name)
		if next == nil {
			return name, links
		}
		name = next
	}
	return name, len(p.m.Answer)
}

func (p *prover) alias(name labels) labels {
	for _, rr := range p.m.Answer {
		c, ok := rr.(*dns.CNAME)
		if ok && labelsOf(c.Hdr.Name).equal(name) && !p.wantsAlias() {
			return labelsOf(c.Target)
		}
	}
	return nil
}

// wantsAlias says that the question is about the CNAME itself.
func (p *prover) wantsAlias() bool { return p.q.Type == dns.TypeCNAME }

// positive says whether the answer holds what was asked at name.
func (p *prover) positive(name labels) bool {
	for _, rr := range p.m.Answer {
		t := rr.Header().Rrtype
		if labelsOf(rr.Header().Name).equal(name) && (t == p.q.Type || p.q.Type == dns.TypeANY) {
			return true
		}
	}
	return false
}

// referral is the cut above or at name to which the authority section refers.
func (p *prover) referral(name labels) labels {
	for _, rr := range p.m.Ns {
		owner := labelsOf(rr.Header().Name)
		if rr.Header().Rrtype == dns.TypeNS && owner.below(p.apex) && name.under(owner) {
			return owner
		}
	}
	return nil
}

func find(section []dns.RR, t uint16) dns.RR {
	for _, rr := range section {
		if rr.Header().Rrtype == t {
			return rr
		}
	}
	return nil
}

// collect takes the NSEC or NSEC3 records of the authority section.
func (p *prover) collect() denial {
	if p.zone.Denial == NSEC {
		d := &nsecProof{apex: p.apex}
		for _, rr := range p.m.Ns {
			if r, ok := rr.(*dns.NSEC); ok {
				d.records = append(d.records, nsecRecord{labelsOf(r.Hdr.Name), labelsOf(r.NextDomain), r.TypeBitMap})
			}
		}
		return d
	}
	d := &nsec3Proof{apex: p.apex, exists: p.zone.exists}
	for _, rr := range p.m.Ns {
		if r, ok := rr.(*dns.NSEC3); ok {
			hash, _, _ := strings.Cut(r.Hdr.Name, ".")
			d.records = append(d.records, nsec3Record{
				hash: strings.ToUpper(hash), next: strings.ToUpper(r.NextDomain), types: r.TypeBitMap,
				optOut: r.Flags&1 == 1, salt: r.Salt, iterations: r.Iterations,
			})
		}
	}
	return d
}
