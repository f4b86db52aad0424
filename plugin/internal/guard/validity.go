package guard

import (
	"encoding/binary"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// soon is how long before they expire signatures are old: whoever signs has missed the time to do it again.
const soon = 24 * time.Hour

// signatures: one has expired, or soon will. What would replace a zone whose signatures all still validate is held. The
// reason names the moment, not how long that is from now: an alert would be another one every few minutes.
func signatures(_ *Policy, c *Change) (Finding, bool) {
	until, signed := c.After.SignedUntil(c.Now)
	if !signed {
		return Finding{}, false
	}
	switch left := until.Sub(c.Now); {
	case left <= -expiryUnit: // the whole of that time is past
		verdict := Warn
		if was, ok := c.Before.SignedUntil(c.Now); ok && was.After(c.Now) {
			verdict = Hold
		}
		return found(Signatures, verdict, "has an RRSIG that expired at about %s", stamp(until))
	case left < soon:
		return found(Signatures, Warn, "has an RRSIG that expires at about %s", stamp(until))
	}
	return Finding{}, false
}

// SOASignedUntil is when the last of the RRSIGs over the SOA expires; ok is false where there are none. Whoever signs a
// zone anew signs its SOA anew.
func SOASignedUntil(v *zone.Version, now time.Time) (until time.Time, ok bool) {
	clock := uint32(now.Unix())
	var most int32
	for sig := range v.ApexSOA().Sigs() {
		if left := int32(binary.BigEndian.Uint32(sig[expirationAt:]) - clock); !ok || left > most {
			most, ok = left, true
		}
	}
	return time.Unix(now.Unix()+int64(most), 0), ok
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
