package answer

import (
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"math/bits"

	"github.com/miekg/dns"
)

// presentedHash is the encoding of hashes in the presentation form that the dns package uses.
var presentedHash = base32.HexEncoding.WithPadding(base32.NoPadding)

func decodeNSEC(hdr dns.RR_Header, data []byte) dns.RR {
	next, n := wholeName(data)
	if n == 0 {
		return nil
	}
	types, ok := decodeTypes(data[n:])
	if !ok {
		return nil
	}
	return &dns.NSEC{Hdr: hdr, NextDomain: next, TypeBitMap: types}
}

func decodeNSEC3(hdr dns.RR_Header, data []byte) dns.RR {
	if len(data) < paramsFixed+1 || len(data) < paramsFixed+1+int(data[4]) {
		return nil
	}
	salt := data[paramsFixed : paramsFixed+int(data[4])]
	rest := data[paramsFixed+len(salt):]
	length := int(rest[0])
	if length == 0 || len(rest) < 1+length {
		return nil
	}
	types, ok := decodeTypes(rest[1+length:])
	if !ok {
		return nil
	}
	return &dns.NSEC3{
		Hdr:        hdr,
		Hash:       data[0],
		Flags:      data[1],
		Iterations: binary.BigEndian.Uint16(data[2:]),
		SaltLength: data[4],
		Salt:       hex.EncodeToString(salt),
		HashLength: rest[0],
		NextDomain: presentedHash.EncodeToString(rest[1 : 1+length]),
		TypeBitMap: types,
	}
}

// decodeTypes reads type bit maps (RFC 4034 §4.1.2). ok is false when they are not in the shortest form, the
// only one that the dns package packs.
func decodeTypes(data []byte) (types []uint16, ok bool) {
	count := 0
	for off, last := 0, -1; off < len(data); {
		if off+2 > len(data) {
			return nil, false
		}
		window, length := int(data[off]), int(data[off+1])
		end := off + 2 + length
		if window <= last || length == 0 || length > 32 || end > len(data) || data[end-1] == 0 {
			return nil, false
		}
		for _, b := range data[off+2 : end] {
			count += bits.OnesCount8(b)
		}
		off, last = end, window
	}
	types = make([]uint16, 0, count)
	for off := 0; off < len(data); {
		window, end := uint16(data[off])<<8, off+2+int(data[off+1])
		for i, b := range data[off+2 : end] {
			for ; b != 0; b &^= 0x80 >> bits.LeadingZeros8(b) {
				types = append(types, window+uint16(8*i+bits.LeadingZeros8(b)))
			}
		}
		off = end
	}
	return types, true
}
