package refresh

import (
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// granted is when the longest lease ends that a primary with our version has itself; zero: one of them told
// of none, or is the authority itself.
func (c *cycle) granted() time.Time {
	var longest time.Time
	for _, v := range append(slices.Clone(c.views), c.equal) {
		switch {
		case !c.same(v):
		case v.Granted.IsZero():
			return time.Time{}
		case v.Granted.After(longest):
			longest = v.Granted
		}
	}
	return longest
}

// grantedBy is what a primary told of its lease in the SOA check of this cycle.
func (c *cycle) grantedBy(p xfr.Primary) time.Time {
	i := slices.IndexFunc(c.views, func(v primary.View) bool { return v.Addr == p.Addr && v.Err == nil })
	if i < 0 {
		return time.Time{}
	}
	return c.views[i].Granted
}
