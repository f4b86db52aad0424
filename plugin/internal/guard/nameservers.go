package guard

import (
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// nameServers: none of the zone's name servers is one of those before. Who moves a zone keeps some of them until all
// caches know the new ones; who takes it over does not.
func nameServers(_ *Policy, c *Change) (Finding, bool) {
	if c.Old == nil || c.Old.ApexNS().Len() == 0 || shareName(c.Old.ApexNS(), c.Version.ApexNS()) {
		return Finding{}, false
	}
	return found(ApexNS, Hold, "has %d NS at the apex, and none of the %d before",
		c.Version.ApexNS().Len(), c.Old.ApexNS().Len())
}

// shareName says whether two NS RRsets have a name in common.
func shareName(a, b *zone.RRset) bool {
	for x := range a.Data() {
		for y := range b.Data() {
			if owner.Equal(x, y) {
				return true
			}
		}
	}
	return false
}
