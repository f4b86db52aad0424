package answer

import (
	"crypto/sha1"
	"encoding/base32"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// hashedKeyLen is the length of the sort key of an NSEC3 owner name: a label of 32 octets and its end.
const hashedKeyLen = 33

// A hashedKey is a hash as a sort key among the owner names of NSEC3 records.
type hashedKey [hashedKeyLen]byte

// base32hex is the encoding of RFC 4648 §7 in the case of sort keys; its order is that of the hashes.
var base32hex = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// hash computes the hash of prefix and name, which is:
//
//	IH(salt, x, 0) = H(x || salt), and
//	IH(salt, x, k) = H(IH(salt, x, k-1) || salt), if k > 0
//
// "where x is the fully qualified owner name in canonical form" (RFC 5155 §5).
func (c *chain) hash(prefix string, name owner.Name) (key hashedKey) {
	b := append(c.room[:0], prefix...)
	b = owner.AppendLower(b, name)
	b = append(b, c.salt...)
	digest := sha1.Sum(b)
	for range c.iterations {
		b = append(append(b[:0], digest[:]...), c.salt...)
		digest = sha1.Sum(b)
	}
	base32hex.Encode(key[:], digest[:])
	return key
}
