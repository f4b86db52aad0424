package answer

import (
	"encoding/binary"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// maxAdditional bounds the RRsets that are there for convenience: an MX RRset may have thousands of targets.
const maxAdditional = 64

// additional adds the addresses of the names that the answer sends the client to.
//
// RFC 1034 §4.3.2 step 6: "Using local data only, attempt to add other RRs which may be useful to the
// additional section of the query, and exit."
func (s *search) additional() {
	switch {
	case s.referred > 0:
		s.glue(s.referred - 1)
		return
	case s.q.Type == dns.TypeANY:
		return // with one RRset of several it is chance whether there is a target: no peer adds anything
	}
	for i := range s.res.Answer {
		s.addTargets(&s.res.Answer[i])
	}
	for i := range s.res.Authority {
		if r := &s.res.Authority[i]; r.Type() == dns.TypeNS {
			s.nameserverAddresses(r) // not those of a referral: they are those of the zone
		}
	}
}

// nameserverAddresses adds the addresses of the zone's nameservers.
func (s *search) nameserverAddresses(ns *Record) {
	known := knownOf(s.v)
	if known == nil {
		s.addTargets(ns)
		return
	}
	for i := range known.addresses {
		if !s.roomLeft() {
			return
		}
		r := &known.addresses[i]
		s.addAdditional(r.Owner, &r.Set, r.Parts&s.parts())
	}
}

// glue adds the addresses of the nameservers of the delegation at a position of the authority section: first those at or below the cut, which the
// client cannot find otherwise (RFC 9471 §2.1), then those elsewhere in the zone.
func (s *search) glue(at int) {
	ns := &s.res.Authority[at]
	for _, inDomain := range [...]bool{true, false} {
		for data := range ns.Set.Data() {
			target, ok := rdata.Target(data, dns.TypeNS)
			if ok && target.IsBelowOrEqual(ns.Owner) == inDomain && (inDomain || s.roomLeft()) {
				s.addAddresses(target, true)
			}
		}
		if inDomain {
			s.res.Glue = len(s.res.Additional)
		}
	}
}

func (s *search) roomLeft() bool { return len(s.res.Additional) < maxAdditional }

// addTargets adds the addresses of what an RRset points to. Addresses below a cut are not ours to tell,
// except those of nameservers: the NS RRset of the root names servers below its own delegations.
func (s *search) addTargets(r *Record) {
	rrtype := r.Type()
	if !hasTargets(rrtype) || r.Parts&Data == 0 {
		return
	}
	for data := range r.Set.Data() {
		if !s.roomLeft() {
			return
		}
		target, ok := rdata.Target(data, rrtype)
		if !ok {
			continue
		}
		if rrtype == dns.TypeSVCB || rrtype == dns.TypeHTTPS {
			target = serviceTarget(r.Owner, target, data)
		}
		if len(target) > 1 {
			s.addAddresses(target, rrtype == dns.TypeNS)
		}
	}
}

// hasTargets lists the types whose targets have addresses worth adding: RFC 1035 §3.3.9 (MX) and §3.3.11
// (NS), RFC 1183 §1 (AFSDB), RFC 2230 §3.1 (KX), RFC 2782 (SRV), RFC 9460 §4.1 (SVCB, HTTPS).
func hasTargets(rrtype uint16) bool {
	switch rrtype {
	case dns.TypeNS, dns.TypeMX, dns.TypeAFSDB, dns.TypeKX, dns.TypeSRV, dns.TypeSVCB, dns.TypeHTTPS:
		return true
	}
	return false
}

// serviceTarget gives the TargetName "." its meaning: the owner in ServiceMode, and nothing in AliasMode
// (RFC 9460 §2.5).
func serviceTarget(name, target owner.Name, data []byte) owner.Name {
	if len(target) == 1 && binary.BigEndian.Uint16(data) != 0 {
		return name
	}
	return target
}

// addAddresses adds the A and AAAA RRsets of a name, if it is in the zone.
func (s *search) addAddresses(name owner.Name, glueToo bool) {
	key, ok := owner.AppendKey(s.targetRoom[:0], name, s.v.Apex())
	if !ok {
		return
	}
	at := &s.other
	s.locate(key, at)
	node, parts := at.node, s.parts()
	switch {
	case at.stop == atDNAME:
		return // hidden: the name is an alias
	case at.stop == atCut && !glueToo:
		return
	case at.exists():
		name = s.spelled(name, at.node)
	case at.stop == nothing && !at.emptyNonTerminal(key):
		node, _ = s.v.Get(owner.AppendWildcardKey(s.wildRoom[:0], key[:at.encloser]))
	}
	if at.stop == atCut {
		parts = Data // glue is not authoritative, and has no RRSIG
	}
	if node.IsZero() {
		return
	}
	for _, rrtype := range [...]uint16{dns.TypeA, dns.TypeAAAA} {
		if set, ok := node.RRset(rrtype); ok {
			s.addAdditional(name, &set, parts)
		}
	}
}

func (s *search) addAdditional(name owner.Name, set *zone.RRset, parts Parts) {
	if holds(s.res.Answer, name, set.Type) || holds(s.res.Additional, name, set.Type) {
		return
	}
	fill(&s.res.Additional, name, set, parts)
}
