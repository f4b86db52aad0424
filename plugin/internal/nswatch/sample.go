package nswatch

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// SampleSize is how many names of a zone are compared in a round, besides those that always are.
const SampleSize = 20

// Sample draws questions for names of the version that it answers as an authority: none at or below a zone cut, or below
// a DNAME.
func Sample(v *zone.Version, content bool) (list []Question) {
	c := v.Cursor()
	if v.Names() <= 2*SampleSize { // few enough to take all, and choose
		for more := c.First(); more; more = c.Next() {
			list = appendQuestion(list, v, c.Node(), content)
		}
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list[:min(len(list), SampleSize)]
	}
	const tries = 3 * SampleSize
	for range tries {
		if len(list) == SampleSize || !c.Somewhere(rand.Float64()) {
			break
		}
		list = appendQuestion(list, v, c.Node(), content)
	}
	return list
}

func appendQuestion(list []Question, v *zone.Version, n zone.Node, content bool) []Question {
	if len(n.Key()) == 0 || n.Has(dns.TypeNS) || occluded(v, n.Key()) {
		return list
	}
	var types []uint16
	for set := range n.RRsets() {
		if set.Len() > 0 && compared(set.Type, content) {
			types = append(types, set.Type)
		}
	}
	if len(types) == 0 {
		return list
	}
	q := Question{strings.ToLower(n.Owner(nil, v.Apex()).String()), types[rand.IntN(len(types))]}
	if slices.Contains(list, q) {
		return list
	}
	return append(list, q)
}

// occluded says that a name is below a zone cut or a DNAME.
func occluded(v *zone.Version, key []byte) bool {
	for key = owner.ParentKey(key); len(key) > 0; key = owner.ParentKey(key) {
		if n, ok := v.Get(key); ok && (n.Has(dns.TypeNS) || n.Has(dns.TypeDNAME)) {
			return true
		}
	}
	return false
}

// compared says whether servers that agree have the same records of a type. Signers on the fly make NSEC records up.
func compared(rrtype uint16, content bool) bool {
	switch rrtype {
	case dns.TypeNSEC, dns.TypeRRSIG, dns.TypeSIG:
		return false
	case dns.TypeDNSKEY, dns.TypeCDNSKEY, dns.TypeCDS, dns.TypeNSEC3PARAM, dns.TypeZONEMD:
		return !content
	}
	return true
}

// Questions are those that are always asked: the apex, and what is protected.
func Questions(apex string, protected []Question, content bool) (list []Question) {
	for _, rrtype := range []uint16{dns.TypeSOA, dns.TypeNS, dns.TypeDNSKEY, dns.TypeMX} {
		if compared(rrtype, content) {
			list = append(list, Question{apex, rrtype})
		}
	}
	for _, q := range protected {
		if !slices.Contains(list, q) && compared(q.Type, content) {
			list = append(list, q)
		}
	}
	return list
}
