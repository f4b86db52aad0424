// Package zonemd verifies the message digest that a zone may carry about itself (RFC 8976). It is pure.
package zonemd

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// What verification may end with beside success.
var (
	// ErrAbsent: the zone has no ZONEMD.
	ErrAbsent = errors.New("zone has no ZONEMD")
	// ErrUnsupported: none of the ZONEMD records has a scheme and a hash that we know. It says nothing of the zone.
	ErrUnsupported = errors.New("no ZONEMD of a known scheme and hash")
	// ErrWrong: the zone is not the one that its ZONEMD was made for.
	ErrWrong = errors.New("ZONEMD does not fit the zone")
)

// schemeSimple is the one scheme there is (RFC 8976 §5.2).
const schemeSimple = 1

// hashes are the known hash algorithms (RFC 8976 §5.3).
var hashes = map[uint8]func() hash.Hash{1: sha512.New384, 2: sha512.New}

// fixed is serial, scheme and hash algorithm, before the digest (RFC 8976 §2.2).
const fixed = 6

// kind is what of the ZONEMD records must be unique (RFC 8976 §2.2.2, §2.2.3).
type kind struct{ scheme, hash uint8 }

// Verify checks a version against its ZONEMD records (RFC 8976 §4). One that fits is enough. It takes time
// proportional to the zone when there is one of a known kind. Errors: ErrAbsent, ErrUnsupported, ErrWrong.
func Verify(v *zone.Version) error {
	set, ok := v.ApexNode().RRset(dns.TypeZONEMD)
	if !ok {
		return ErrAbsent
	}
	count := make(map[kind]int)
	for data := range set.Data() {
		count[kindOf(data)]++
	}
	err := ErrUnsupported
	for data := range set.Data() {
		newHash, known := hashes[kindOf(data).hash]
		switch k := kindOf(data); {
		case k.scheme != schemeSimple || !known:
			continue
		case count[k] > 1:
			err = worse(err, "two records of scheme %d and hash %d, of which neither counts", k.scheme, k.hash)
			continue
		}
		got := serial.Serial(binary.BigEndian.Uint32(data))
		if got != v.Serial() {
			err = worse(err, "it was made for serial %s, the zone has %s", got, v.Serial())
			continue
		}
		digest := Digest(v, newHash())
		if bytes.Equal(digest, data[fixed:]) {
			return nil
		}
		err = worse(err, "the digest of serial %s is %x, the ZONEMD says %x", v.Serial(), digest, data[fixed:])
	}
	return err
}

func kindOf(data []byte) kind { return kind{data[4], data[5]} }

// worse is the reason told last, unless one of ErrWrong was told before.
func worse(err error, format string, args ...any) error {
	if errors.Is(err, ErrWrong) {
		return err
	}
	return fmt.Errorf("%w: "+format, append([]any{ErrWrong}, args...)...)
}
