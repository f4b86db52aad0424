package secondaryplus

import (
	"github.com/understudy-dns/understudy/plugin/internal/catalog"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// claim is a zone that a catalog lists, and that a server block is to serve for it.
type claim struct {
	by     *served // the catalog
	member catalog.Member
	heir   string // the catalog whose coo property gave the zone away, with its content if the ID is the same
}

func (c claim) origin() origin { return origin{c.by.name, c.member.ID} }

// continues says whether the zone is the same as one that is there from the given origin, and may keep its
// content. What was a zone of the Corefile may.
func (c claim) continues(o origin) bool {
	return !o.fromCatalog() || o.id == c.member.ID && (o.catalog == c.by.name || o.catalog == c.heir)
}

// claims are the zones that the catalogs of p list, each for the one catalog that has it. updated is the catalog
// that has a new version, nil: none has. e.mu is held.
func (e *engine) claims(p *Plugin, updated *member) (map[string]claim, remarks) {
	claims, remarks := map[string]claim{}, remarks{}
	for _, by := range p.order {
		if !by.isCatalog() || by.member.listing == nil {
			continue
		}
		note := remarks.on(by)
		for key, entry := range by.member.listing.members.All() {
			next := claim{by: by, member: entry.Member}
			first, contested := claims[key]
			switch {
			case !by.config.catalog.admits(entry.Zone):
				note.outside++
			case p.static[key] != nil:
				note.clash(entry.Member, "the Corefile")
			case contested:
				var loser claim
				claims[key], loser = decide(first, next, e.ownerOf(p, key, entry.Zone), updated)
				if winner := claims[key].by; loser.member.NewOwner != winner.name {
					remarks.on(loser.by).clash(entry.Member, winner.name)
				}
			default:
				claims[key] = next
			}
		}
	}
	for key := range claims {
		remarks.on(claims[key].by).count(p, claims[key])
	}
	return claims, remarks
}

// ownerOf is the catalog that a zone of p comes from now; empty: none.
func (e *engine) ownerOf(p *Plugin, key string, name owner.Name) string {
	if s, ok := p.table()[key]; ok {
		return s.origin.catalog
	}
	if m, ok := e.members[identity{nameInView{name.Canonical(), p.view}, p.key}]; ok {
		return m.origin.catalog
	}
	return ""
}

// decide says which of two catalogs that list a zone has it. It stays where it is (RFC 9432 §5.2), unless its
// catalog gives it to the other one with a coo property, and that one has a new version (§4.3.1). A zone that is
// in none of them yet goes where a coo property leads, else to the catalog that comes first in the Corefile.
func decide(a, b claim, present string, updated *member) (winner, loser claim) {
	if present == b.by.name {
		a, b = b, a
	}
	switch {
	case a.member.NewOwner != b.by.name:
		return a, b
	case present == a.by.name && b.by.member != updated:
		return a, b
	}
	b.heir = a.by.name
	return b, a
}
