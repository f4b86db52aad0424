package guard

// What a median TTL may become.
const (
	ttlFactor = 10 // times smaller or larger
	ttlLeast  = 30 // seconds
)

// ttls: half of the RRsets and more are kept by resolvers for a tenth of the time, or ten times as long, or for no
// time worth the name. The first brings the load of all of them; the second keeps every mistake.
func ttls(_ *Policy, c *Change) (Finding, bool) {
	if c.Before == nil || c.After == nil {
		return Finding{}, false
	}
	was, is := uint64(c.Before.MedianTTL()), uint64(c.After.MedianTTL())
	switch {
	case max(is, 1)*ttlFactor <= was:
		return found(TTL, Warn, "has a median TTL of %d s, down from %d s", is, was)
	case is >= max(was, 1)*ttlFactor:
		return found(TTL, Warn, "has a median TTL of %d s, up from %d s", is, was)
	case is < ttlLeast && was >= ttlLeast:
		return found(TTL, Warn, "has a median TTL of %d s, down from %d s, limit %d s", is, was, ttlLeast)
	}
	return Finding{}, false
}
