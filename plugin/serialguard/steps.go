package serialguard

import (
	"fmt"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// step is what is wrong with the serial of a version that a primary has put in the place of another one: secondaries do
// not follow it (RFC 1982 §3.2, RFC 1996 §4.7).
func step(was, is *zone.Version, d *zone.Delta) (f guard.Finding, found bool) {
	old, now := was.Serial(), is.Serial()
	switch {
	case old == now && was.SetHash() == is.SetHash() || now.Newer(old):
		return guard.Finding{}, false
	case old == now:
		return guard.Finding{Rule: guard.SameSerial, Verdict: guard.Warn, Reason: fmt.Sprintf("%s, the serial %s did not", changed(d), now)}, true
	case now.Ambiguous(old):
		return guard.Finding{Rule: guard.SerialAmbiguous, Verdict: guard.Warn, Reason: fmt.Sprintf("is 2^31 away from %s: neither is newer", old)}, true
	}
	return guard.Finding{Rule: guard.SerialBack, Verdict: guard.Warn, Reason: fmt.Sprintf("is older than %s, which was there before, by %d", old, uint32(old-now))}, true
}

// changed says what the Delta has. The SOA is not in it.
func changed(d *zone.Delta) string {
	if d.Deletions+d.Additions == 0 {
		return "the SOA changed"
	}
	return fmt.Sprintf("content changed (%s deleted, %d added)", records(d.Deletions), d.Additions)
}

func records(n int) string {
	if n == 1 {
		return "1 record"
	}
	return fmt.Sprintf("%d records", n)
}
