package guard

import (
	"encoding/binary"
	"math/bits"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/breather"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Statistics are what the rules need to know of a whole version. They are carried on from one version to the next at
// the cost of the difference. They never change, and share memory with those before as far as they are equal.
type Statistics struct {
	// Secure is the number of secure delegations: names below the apex with NS and DS.
	Secure int

	ttls     histogram // of the RRsets that are content, in seconds as roundTTL rounds them
	expiries histogram // of the RRSIGs, all of them, in units of expiryUnit
}

// StatisticsOf looks at the whole version.
func StatisticsOf(v *zone.Version) *Statistics {
	var c census
	var b breather.Breather
	for _, cursor := range []zone.Cursor{v.Cursor(), v.HashedCursor()} {
		for more := cursor.First(); more; more = cursor.Next() {
			c.node(cursor.Node(), 1)
			b.Did(1)
		}
	}
	return c.applied(new(Statistics))
}

// After are the statistics of is, where s are those of was. Its cost is that of the Delta from was to is, and where
// that is of no use, or s or was is nil, that of the version.
func (s *Statistics) After(was, is *zone.Version, d *zone.Delta) *Statistics {
	var c census
	if s == nil || was == nil || !changedPairs(was, is, d, c.pair) {
		return StatisticsOf(is)
	}
	return c.applied(s)
}

// MedianTTL is that of the RRsets, in seconds, rounded down by less than 0.2 %; of none it is 0. NSEC, NSEC3, RRSIG and
// the SOA do not count: see content.
func (s *Statistics) MedianTTL() uint32 { return s.ttls.median() }

// SignedUntil is when the first of the RRSIGs expires, or up to 68 minutes before; ok is false where there are none,
// and of nil Statistics.
//
// RFC 4034 §3.1.5: the times are serial numbers. They are taken to be those nearest to now.
func (s *Statistics) SignedUntil(now time.Time) (until time.Time, ok bool) {
	if s == nil {
		return time.Time{}, false
	}
	clock := uint32(now.Unix())
	var least int32
	for _, b := range s.expiries {
		if left := int32(b.value<<expiryBits - clock); !ok || left < least {
			least, ok = left, true
		}
	}
	return time.Unix(now.Unix()+int64(least), 0), ok
}

// expiryUnit is how exactly it is kept when signatures expire. It divides 2^32 seconds, so that the times keep their
// order over the end of the numbers, and a month of them takes 5 KB.
const (
	expiryBits = 12
	expiryUnit = (1 << expiryBits) * time.Second // 68 min
)

// roundTTL keeps ten digits of a TTL, binary ones, so that there are not many values; usual TTLs stay as they are.
func roundTTL(ttl uint32) uint32 {
	const digits = 10
	dropped := max(bits.Len32(ttl)-digits, 0)
	return ttl >> dropped << dropped
}

// A census is what comes to Statistics and what goes.
type census struct {
	secure         int
	ttls, expiries tally
}

func (c *census) pair(p pair) {
	c.node(p.was, -1)
	c.node(p.is, 1)
}

// node takes a name in, or out when sign is negative. It may be zero.
func (c *census) node(n zone.Node, sign int32) {
	for set := range n.RRsets() {
		if content(set) {
			c.ttls.add(roundTTL(set.TTL), sign)
		}
		for sig := range set.Sigs() {
			c.expiries.add(binary.BigEndian.Uint32(sig[expirationAt:])>>expiryBits, sign)
		}
	}
	if secure(n) {
		c.secure += int(sign)
	}
}

func (c *census) applied(s *Statistics) *Statistics {
	return &Statistics{s.Secure + c.secure, c.ttls.applied(s.ttls), c.expiries.applied(s.expiries)}
}
