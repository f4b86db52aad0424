package guard

import (
	"encoding/binary"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// expirationAt is where the Signature Expiration lies in the RDATA of an RRSIG (RFC 4034 §3.1).
const expirationAt = 8

// SignedUntil is when the first of the zone's RRSIGs expires, every RRSIG counted; ok is false for a zone
// without any. It looks at the whole zone.
//
// RFC 4034 §3.1.5: the times are serial numbers. They are taken to be those nearest to now.
func SignedUntil(v *zone.Version, now time.Time) (until time.Time, ok bool) {
	clock := uint32(now.Unix())
	var left int32
	for _, c := range []zone.Cursor{v.Cursor(), v.HashedCursor()} {
		for more := c.First(); more; more = c.Next() {
			for set := range c.Node().RRsets() {
				for sig := range set.Sigs() {
					l := int32(binary.BigEndian.Uint32(sig[expirationAt:]) - clock)
					if !ok || l < left {
						left, ok = l, true
					}
				}
			}
		}
	}
	return time.Unix(now.Unix()+int64(left), 0), ok
}
