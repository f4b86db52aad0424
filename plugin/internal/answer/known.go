package answer

import (
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// known is what many answers from a version need and what is the same in all. It is found once.
type known struct {
	addresses []Record // of the zone's nameservers, with their RRSIGs
	denial    denial
}

// fewNames are so few that they are found as quickly, and a server may have very many zones of that size.
var fewNames = 64

// knownOf is nil for a zone of few names.
func knownOf(v *zone.Version) *known {
	if v.Names() < fewNames {
		return nil
	}
	return v.Derived(derive).(*known)
}

func derive(v *zone.Version) any {
	k := &known{denial: denialOf(v)}
	if c := &k.denial.chain; k.denial.kind == denialNSEC3 {
		var apex, wildcard proof
		apex.node, apex.matches = c.find("", v.Apex())
		wildcard.node, wildcard.matches = c.find(asterisk, v.Apex())
		c.apex, c.wildcard = &apex, &wildcard
	}
	r := new(Result)
	r.Reset()
	r.search.begin(v, Query{Name: v.Apex(), DO: true}, r)
	r.search.addTargets(&Record{Owner: v.Apex(), Set: *v.ApexNS(), Parts: Data})
	k.addresses = slices.Clone(r.Additional)
	for i := range k.addresses {
		k.addresses[i].Owner = k.addresses[i].Owner.Clone() // or all of r would be kept with it
	}
	return k
}
