package rdata

import (
	"errors"
	"math"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// ErrMalformed says that RDATA does not have the form its type demands.
var ErrMalformed = errors.New("malformed RDATA")

// Expand appends to dst the RDATA of the given type that lies at msg[off:off+length], with every
// compressed name written out, and checks its form. Unknown types are copied as they are (RFC 3597). After an
// error, what was appended means nothing.
func Expand(dst, msg []byte, off, length int, rrtype uint16) ([]byte, error) {
	end := off + length
	if off < 0 || length < 0 || end > len(msg) {
		return dst, ErrMalformed
	}
	layout, start := layoutOf(rrtype), len(dst)
	if layout == nil {
		return append(dst, msg[off:end]...), nil
	}
	for _, f := range layout {
		var err error
		if dst, off, err = expandField(dst, msg, off, end, f); err != nil {
			return dst, err
		}
	}
	// RDLENGTH has 16 bits (RFC 1035 §4.1.3): names that are written out may take what was left of them.
	if off != end || len(dst)-start > math.MaxUint16 {
		return dst, ErrMalformed
	}
	return dst, nil
}

func expandField(dst, msg []byte, off, end int, f field) ([]byte, int, error) {
	if f == foldedName || f == keptName {
		dst, next, err := owner.Unpack(dst, msg, off)
		if err != nil {
			return dst, 0, err
		}
		if next > end {
			return dst, 0, ErrMalformed
		}
		return dst, next, nil
	}
	next := fieldEnd(msg, off, end, f)
	if next < 0 || next > end {
		return dst, 0, ErrMalformed
	}
	return append(dst, msg[off:next]...), next, nil
}

// Valid says whether uncompressed RDATA has the form that Expand demands of its type.
func Valid(data []byte, rrtype uint16) bool {
	layout, off := layoutOf(rrtype), 0
	if layout == nil || len(data) > math.MaxUint16 {
		return len(data) <= math.MaxUint16
	}
	for _, f := range layout {
		next := -1
		if f == foldedName || f == keptName {
			if n, err := owner.Len(data[off:]); err == nil {
				next = off + n
			}
		} else {
			next = fieldEnd(data, off, len(data), f)
		}
		if next < 0 || next > len(data) {
			return false
		}
		off = next
	}
	return off == len(data)
}

// fieldEnd is the offset behind a field that is not a name, or -1.
func fieldEnd(msg []byte, off, end int, f field) int {
	switch f {
	case text:
		if off >= end {
			return -1
		}
		return off + 1 + int(msg[off])
	case someText:
		if off >= end || msg[off] == 0 {
			return -1
		}
		return off + 1 + int(msg[off])
	case texts:
		return textsEnd(msg, off, end)
	case bitmaps:
		return bitmapsEnd(msg, off, end)
	case rest:
		return end
	case some:
		if off >= end {
			return -1
		}
		return end
	}
	return off + int(f)
}

func textsEnd(msg []byte, off, end int) int {
	if off >= end {
		return -1
	}
	for off < end {
		off += 1 + int(msg[off])
	}
	return off
}

// bitmapsEnd checks window blocks: ascending, each of 1 to 32 octets (RFC 4034 §4.1.2).
func bitmapsEnd(msg []byte, off, end int) int {
	last := -1
	for off < end {
		if off+2 > end {
			return -1
		}
		window, length := int(msg[off]), int(msg[off+1])
		if window <= last || length < 1 || length > 32 {
			return -1
		}
		last = window
		off += 2 + length
	}
	return off
}

// Folds says whether the canonical form of the type's RDATA has names in lower case (RFC 4034 §6.2 as
// corrected by RFC 6840 §5.1), so that two RDATA may be equal though their octets differ.
func Folds(rrtype uint16) bool {
	for _, f := range layoutOf(rrtype) {
		if f == foldedName {
			return true
		}
	}
	return false
}

// AppendCanonical appends the canonical form (RFC 4034 §6.2) of uncompressed RDATA to dst.
func AppendCanonical(dst, data []byte, rrtype uint16) []byte {
	if !Folds(rrtype) {
		return append(dst, data...)
	}
	off := 0
	for _, f := range layoutOf(rrtype) {
		next := len(data)
		if f == foldedName || f == keptName {
			if n, err := owner.Len(data[off:]); err == nil {
				next = off + n
			}
		} else if end := fieldEnd(data, off, len(data), f); end >= 0 && end <= len(data) {
			next = end
		}
		if f == foldedName {
			dst = owner.AppendLower(dst, owner.Name(data[off:next]))
		} else {
			dst = append(dst, data[off:next]...)
		}
		off = next
	}
	return append(dst, data[off:]...)
}

// Target is the domain name whose addresses belong into the additional section for this RDATA (RFC 1034
// §4.3.2 step 6, RFC 2782, RFC 9460 §4), or the name an alias points to. ok is false for types without one.
func Target(data []byte, rrtype uint16) (name owner.Name, ok bool) {
	off := 0
	switch rrtype {
	case dns.TypeNS, dns.TypeCNAME, dns.TypeDNAME, dns.TypePTR, dns.TypeMB, dns.TypeMD, dns.TypeMF:
	case dns.TypeMX, dns.TypeKX, dns.TypeAFSDB, dns.TypeRT, dns.TypeSVCB, dns.TypeHTTPS, dns.TypeLP:
		off = 2
	case dns.TypeSRV:
		off = 6
	default:
		return nil, false
	}
	if off > len(data) {
		return nil, false
	}
	n, err := owner.Len(data[off:])
	if err != nil {
		return nil, false
	}
	return owner.Name(data[off : off+n]), true
}

// Covered is the type that an RRSIG covers (RFC 4034 §3.1.1). The RDATA must be well-formed.
func Covered(rrsig []byte) uint16 { return uint16(rrsig[0])<<8 | uint16(rrsig[1]) }
