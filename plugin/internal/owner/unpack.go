package owner

import "errors"

// ErrPointer says that a compression pointer does not point to an earlier name (RFC 1035 §4.1.4).
var ErrPointer = errors.New("bad compression pointer")

// Unpack appends to dst, in uncompressed form, the name that starts at off in msg, and returns the
// offset behind it. Every pointer must lead strictly backwards, which also ends every loop.
func Unpack(dst, msg []byte, off int) (name []byte, next int, err error) {
	start, limit := len(dst), off
	next = -1
	for {
		if off >= len(msg) {
			return dst, 0, ErrName
		}
		b := int(msg[off])
		switch {
		case b == 0:
			dst = append(dst, 0)
			if len(dst)-start > MaxName {
				return dst, 0, ErrName
			}
			if next < 0 {
				next = off + 1
			}
			return dst, next, nil
		case b <= MaxLabel:
			if off+1+b > len(msg) || len(dst)-start+1+b >= MaxName {
				return dst, 0, ErrName
			}
			dst = append(dst, msg[off:off+1+b]...)
			off += 1 + b
		case b >= 0xC0:
			if off+1 >= len(msg) {
				return dst, 0, ErrName
			}
			if next < 0 {
				next = off + 2
			}
			off = (b&0x3F)<<8 | int(msg[off+1])
			if off >= limit {
				return dst, 0, ErrPointer
			}
			limit = off
		default:
			return dst, 0, ErrName
		}
	}
}
