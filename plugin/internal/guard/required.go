package guard

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// required: an RRset that the operator named is gone. One that the old version does not have either is not: to hold the
// candidate would not bring it back.
func required(p *Policy, c *Change) (Finding, bool) {
	if c.Old == nil {
		return Finding{}, false
	}
	lost, first := 0, ""
	miss := func(name owner.Name, types []uint16) {
		for _, rrtype := range types {
			if gone(c, name, rrtype) {
				if lost++; lost == 1 {
					first = dns.Type(rrtype).String() + " at " + name.String()
				}
			}
		}
	}
	miss(c.Old.Apex(), p.Require)
	for _, protected := range p.Protect {
		miss(protected.Name, protected.Types)
	}
	switch lost {
	case 0:
		return Finding{}, false
	case 1:
		return found(Required, Hold, "has lost %s", first)
	}
	return found(Required, Hold, "has lost %s, and %d more RRsets that it must have", first, lost-1)
}

// gone says whether an RRset was there and is not any more.
func gone(c *Change, name owner.Name, rrtype uint16) bool {
	key, inside := owner.AppendKey(nil, name, c.Old.Apex())
	if !inside {
		return false
	}
	was, _ := c.Old.Get(key)
	is, _ := c.Version.Get(key)
	_, had := rrset(was, rrtype)
	_, has := rrset(is, rrtype)
	return had && !has
}
