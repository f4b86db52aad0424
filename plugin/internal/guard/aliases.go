package guard

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// aliases: a name that is an alias is nothing else, and of one name only (RFC 1034 §3.6.2, RFC 2181 §10.1,
// RFC 6672 §2.4). Which name is not so is looked for among those that changed, if they are known.
func aliases(c Candidate) error {
	if c.Version.Counts().Crowded == 0 {
		return nil
	}
	if c.Delta == nil || c.Delta.Partial {
		cursor := c.Version.Cursor()
		for ok := cursor.First(); ok; ok = cursor.Next() {
			if err := aliasAlone(c.Version, cursor.Node()); err != nil {
				return err
			}
		}
		return nil
	}
	var last owner.Name
	for rr, err := range zone.Records(c.Delta.Added) {
		if err != nil {
			return rejected(c.Version, "has a delta that is no list of records: %v", err)
		}
		if owner.Equal(rr.Owner, last) {
			continue
		}
		last = rr.Owner
		key, _ := owner.AppendKey(nil, rr.Owner, c.Version.Apex())
		if node, ok := c.Version.Get(key); ok {
			if err := aliasAlone(c.Version, node); err != nil {
				return err
			}
		}
	}
	return nil
}

func aliasAlone(v *zone.Version, n zone.Node) error {
	if set, ok := n.RRset(dns.TypeDNAME); ok && set.Len() > 1 {
		return rejected(v, "has %d DNAMEs at %s", set.Len(), n.Owner(nil, v.Apex()))
	}
	alias, ok := n.RRset(dns.TypeCNAME)
	if !ok {
		return nil
	}
	if alias.Len() > 1 {
		return rejected(v, "has %d CNAMEs at %s", alias.Len(), n.Owner(nil, v.Apex()))
	}
	for set := range n.RRsets() {
		if set.Len() > 0 && set.Type != dns.TypeCNAME && !zone.BesideCNAME(set.Type) {
			return rejected(v, "has %s beside a CNAME at %s", dns.Type(set.Type), n.Owner(nil, v.Apex()))
		}
	}
	return nil
}
