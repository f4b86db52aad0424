package guard

// What a zone may become at once.
const (
	growthFactor = 10
	growthRRsets = 1000 // a zone of no more may be made at once
)

// growth: the zone has more than ten times the RRsets that it had.
func growth(_ *Policy, c *Change) (Finding, bool) {
	if c.Old == nil {
		return Finding{}, false
	}
	was, is := contentRRsets(c.Old), contentRRsets(c.Version)
	if is <= growthRRsets || int64(is) <= growthFactor*int64(was) {
		return Finding{}, false
	}
	return found(Growth, Hold, "has %d RRsets, up from %d, limit %d times", is, was, growthFactor)
}
