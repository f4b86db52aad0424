// Package guard judges a candidate before it replaces the version that is served. It is pure.
package guard

import (
	"errors"
	"fmt"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
	"github.com/understudy-dns/understudy/plugin/internal/zonemd"
)

// ErrRejected says that a candidate is no zone to serve, whatever its serial.
var ErrRejected = errors.New("rejected")

// ErrSerial says that a candidate is not newer than what it would replace. It wraps ErrRejected.
var ErrSerial = fmt.Errorf("%w: serial", ErrRejected)

// ErrDigest says that the zone's ZONEMD does not fit it, or is demanded and missing. It wraps ErrRejected.
var ErrDigest = fmt.Errorf("%w: ZONEMD", ErrRejected)

// Candidate is a version that may replace another.
type Candidate struct {
	Old     *zone.Version // what it replaces, nil for the first version
	Version *zone.Version
	Delta   *zone.Delta // from Old to Version; nil: not known
	// Forced says that an operator asked for it whatever its serial.
	Forced bool
}

// Rules are what is asked of every candidate. The zero Rules ask for what holds for every zone.
type Rules struct {
	Records int  // at most; 0: any number
	Octets  int  // of memory at most; 0: any number
	ZONEMD  Mode // of RFC 8976
}

// Mode is what is asked of a zone's ZONEMD.
type Mode uint8

// The modes.
const (
	Verify  Mode = iota // one that is there and of a known kind must fit
	Off                 // nothing
	Require             // there must be one that fits
)

// Judge says why a candidate must not be published, or nil. Its cost is that of the difference, and for a zone
// with a ZONEMD that of the zone. Errors wrap ErrRejected.
func (r Rules) Judge(c Candidate) error {
	for _, rule := range []func(Candidate) error{apexNS, newerSerial, r.size, aliases, r.digest} {
		if err := rule(c); err != nil {
			return err
		}
	}
	return nil
}

func rejected(v *zone.Version, format string, args ...any) error {
	return fmt.Errorf("%w: serial %s %s", ErrRejected, v.Serial(), fmt.Sprintf(format, args...))
}

// apexNS: every zone has name servers (RFC 1034 §4.2.1).
func apexNS(c Candidate) error {
	if !c.Version.ApexNode().Has(dns.TypeNS) {
		return rejected(c.Version, "has no NS at the apex")
	}
	return nil
}

// newerSerial: no zone is replaced by an older one (RFC 1982 §3.2).
func newerSerial(c Candidate) error {
	if c.Old == nil || c.Forced || c.Version.Serial() == c.Old.Serial() || c.Version.Serial().Newer(c.Old.Serial()) {
		return nil
	}
	return fmt.Errorf("%w %s is not newer than %s", ErrSerial, c.Version.Serial(), c.Old.Serial())
}

// size: a zone may also outgrow its limit by changes that are each small.
func (r Rules) size(c Candidate) error {
	switch v := c.Version; {
	case r.Records > 0 && v.Records() > r.Records:
		return rejected(v, "has %d records, %d is the limit", v.Records(), r.Records)
	case r.Octets > 0 && v.Octets() > r.Octets:
		return rejected(v, "takes %d octets, %d is the limit", v.Octets(), r.Octets)
	}
	return nil
}

func (r Rules) digest(c Candidate) error {
	if r.ZONEMD == Off {
		return nil
	}
	err := zonemd.Verify(c.Version)
	if err == nil || r.ZONEMD == Verify && !errors.Is(err, zonemd.ErrWrong) {
		return nil
	}
	return fmt.Errorf("%w of serial %s: %w", ErrDigest, c.Version.Serial(), err)
}
