package answer

import (
	"bytes"
	"slices"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// maxChain bounds the aliases that one answer follows. BIND stops after 11 with SERVFAIL, Knot after 5, and
// NSD follows more than 20; a resolver goes on by itself where we stop.
const maxChain = 32

// maxKey is the length of the longest sort key: each octet of a name may be escaped.
const maxKey = 2 * owner.MaxName

// maxHashed is the most that is hashed for NSEC3: the label of a wildcard, a name, and a salt.
const maxHashed = len(asterisk) + owner.MaxName + 255

// A search is one question on its way through the zone.
type search struct {
	v    *zone.Version
	q    Query
	res  *Result
	name owner.Name // QNAME, then the target of each alias
	key  []byte     // the sort key of name

	at     place // of name
	source place // of the wildcard that may stand for it
	other  place // of a name whose addresses are added

	referred int // the position of the NS RRset of a referral in the authority section, plus one
	denial   denial

	// Room for keys. A query's goroutine begins with a small stack: what is large lies here instead.
	keyRoom    [maxKey]byte
	targetRoom [maxKey]byte
	wildRoom   [maxKey + 2]byte
	nameRoom   [2 * owner.MaxName]byte
	hashRoom   [maxHashed]byte
	names      []byte // owner names made for this answer, one after the other
}

func (s *search) begin(v *zone.Version, q Query, res *Result) {
	s.v, s.q, s.res, s.name = v, q, res, q.Name
	s.names = s.nameRoom[:0]
}

func (s *search) end() {
	s.v, s.q, s.res, s.name, s.key, s.names = nil, Query{}, nil, nil, nil, nil
	s.at, s.source, s.other = place{}, place{}, place{}
	s.referred, s.denial = 0, denial{}
}

// run is the algorithm of RFC 1034 §4.3.2: a name after the other, until there is no alias to follow.
func (s *search) run() {
	// RFC 1035 §4.1.1: AA "corresponds to the name which matches the query name, or the first owner name in
	// the answer section". A referral for QNAME itself takes it back.
	s.res.Authoritative = true
	for range maxChain {
		next := s.step()
		if next == nil || s.visited(next) {
			break
		}
		s.name = next
	}
	s.additional()
}

// step deals with one name and returns the next one, if the name is an alias.
func (s *search) step() owner.Name {
	key, ok := owner.AppendKey(s.keyRoom[:0], s.name, s.v.Apex())
	if !ok {
		s.leave()
		return nil
	}
	s.key = key
	at := &s.at
	s.locate(key, at)
	switch {
	case at.stop == atCut && !s.parentSide(at):
		s.referral(at)
	case at.stop == atDNAME:
		return s.substitute(at)
	case at.exists():
		return s.found(at.node, nil)
	case at.emptyNonTerminal(key):
		s.noData()
	default:
		return s.wildcard(at)
	}
	return nil
}

// parentSide says that the question is for the DS at the cut, which the parent has (RFC 4035 §3.1.4.1).
func (s *search) parentSide(at *place) bool {
	return s.q.Type == dns.TypeDS && at.stopLen == len(s.key)
}

// leave ends the search at a name that is not in the zone.
func (s *search) leave() {
	if len(s.res.Answer) == 0 {
		s.res.Rcode, s.res.Authoritative = dns.RcodeRefused, false
		return
	}
	s.res.Follow = s.name
}

// visited says that the chain would meet a name again.
func (s *search) visited(next owner.Name) bool { return holds(s.res.Answer, next, dns.TypeCNAME) }

// parts is what is sent of an RRset that has signatures.
func (s *search) parts() Parts {
	if s.q.DO {
		return Data | Sigs
	}
	return Data
}

// addAnswer adds what is not there yet: a DNAME that redirected may be the answer as well, and no record is sent
// twice (RFC 2181 §5).
func (s *search) addAnswer(name owner.Name, set *zone.RRset, parts Parts) {
	for i := range s.res.Answer {
		if r := &s.res.Answer[i]; r.Type() == set.Type && owner.Equal(r.Owner, name) {
			parts &^= r.Parts
		}
	}
	if parts == 0 {
		return
	}
	fill(&s.res.Answer, name, set, parts)
}

// fill adds a record to a section, in place: a query's goroutine begins with a small stack, and a Record is large.
func fill(section *[]Record, name owner.Name, set *zone.RRset, parts Parts) *Record {
	if len(*section) == cap(*section) {
		*section = slices.Grow(*section, 1)
	}
	*section = (*section)[:len(*section)+1]
	r := &(*section)[len(*section)-1]
	r.Owner, r.Set, r.TTL, r.SigTTL, r.Parts, r.Target = name, *set, set.TTL, set.SigTTL, parts, nil
	return r
}

func (s *search) addAuthority(name owner.Name, set *zone.RRset, parts Parts) {
	fill(&s.res.Authority, name, set, parts)
}

// spelled is the owner name of a node as the zone spells it; name is the same name, perhaps in another case. Mostly
// both are in lower case, and it is name.
//
// RFC 4343 §4.1: output preserves the case of the zone; only compression against the question may lose it.
func (s *search) spelled(name owner.Name, node zone.Node) owner.Name {
	apex := s.v.Apex()
	labels := len(name) - len(apex)
	if !node.KeepsCase() && bytes.Equal(name[labels:], apex) && !name[:labels].HasUpper() {
		return name
	}
	return s.ownerOf(node)
}

// ownerOf is the owner name of a node, in the memory of the search.
func (s *search) ownerOf(node zone.Node) owner.Name {
	start := len(s.names)
	s.names = node.Owner(s.names, s.v.Apex())
	return owner.Name(s.names[start:len(s.names):len(s.names)])
}

// ancestor is the part of the name that the first n octets of its key stand for.
func ancestor(name owner.Name, key []byte, n int) owner.Name {
	for range owner.KeyLabels(key[n:]) {
		name = name.Parent()
	}
	return name
}
