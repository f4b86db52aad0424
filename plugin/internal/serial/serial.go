// Package serial is the arithmetic of SOA serial numbers (RFC 1982, with SERIAL_BITS 32).
package serial

import "strconv"

// Serial is an SOA serial number. Ordinary comparison operators say nothing about its age: use Newer.
type Serial uint32

// Max is the largest step that Add defines (RFC 1982 §3.1).
const Max = 1<<31 - 1

// Newer says whether s is greater than base (RFC 1982 §3.2). Two serials that are exactly 2^31 apart
// are incomparable: neither is newer.
func (s Serial) Newer(base Serial) bool {
	distance := uint32(s - base)
	return distance != 0 && distance <= Max
}

// Ambiguous says whether RFC 1982 leaves the order of s and other undefined: they are 2^31 apart.
func (s Serial) Ambiguous(other Serial) bool { return uint32(s-other) == 1<<31 }

// String is the serial as decimal digits, as in an SOA record's presentation form.
func (s Serial) String() string { return strconv.FormatUint(uint64(s), 10) }
