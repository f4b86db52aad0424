// Package guard judges a candidate before it replaces the version that is served. It is pure.
package guard

import (
	"errors"
	"fmt"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// ErrRejected says that a candidate is no zone to serve, whatever its serial.
var ErrRejected = errors.New("rejected")

// Structure checks what holds for every zone (RFC 1034 §4.2.1, RFC 1982 §3.2): there is an apex NS RRset,
// and the serial is not older than that of the version it replaces. old is nil for the first version.
func Structure(old, candidate *zone.Version) error {
	if !candidate.ApexNode().Has(dns.TypeNS) {
		return fmt.Errorf("%w: serial %s has no NS at the apex", ErrRejected, candidate.Serial())
	}
	if old != nil && candidate.Serial() != old.Serial() && !candidate.Serial().Newer(old.Serial()) {
		return fmt.Errorf("%w: serial %s is not newer than %s", ErrRejected, candidate.Serial(), old.Serial())
	}
	return nil
}
