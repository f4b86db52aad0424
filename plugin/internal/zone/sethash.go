package zone

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/dchest/siphash"

	"github.com/understudy-dns/understudy/plugin/internal/rdata"
)

// SetHash is a hash of a set of RRsets that does not depend on their order, and from which one RRset can
// be taken as cheaply as it was added: the sum of a keyed hash of each, in two lanes modulo 2^64. Hashes are
// comparable only under the same HashKey.
type SetHash [2]uint64

// HashKey is the key of set hashes, one of SipHash. It is secret, so that nobody can choose records whose terms cancel each other
// out. A new zone has the key that was drawn at start, one that is restored the key it was saved with, and every
// further version the key of its base: along a zone's history hashes stay comparable.
type HashKey [16]byte

var processKey = func() *HashKey {
	key := new(HashKey)
	if _, err := rand.Read(key[:]); err != nil {
		panic(err) // crypto/rand does not fail on any platform that Go supports
	}
	return key
}()

// SameContent says whether two versions have the same records, the case of names left aside. It takes as long as
// reading all of o when their hashes were made under different keys.
func (v *Version) SameContent(o *Version) bool {
	if v.counts.Records != o.counts.Records {
		return false
	}
	if *v.hashKey == *o.hashKey {
		return v.hash == o.hash
	}
	hasher, hash := setHasher{key: v.hashKey}, SetHash{}
	for _, c := range []Cursor{o.Cursor(), o.HashedCursor()} {
		for ok := c.First(); ok; ok = c.Next() {
			hash.add(hasher.node(c.Node()))
		}
	}
	return v.hash == hash
}

// add takes the terms of another hash in, remove takes them out.
func (h *SetHash) add(o SetHash) {
	h[0] += o[0]
	h[1] += o[1]
}

func (h *SetHash) remove(o SetHash) {
	h[0] -= o[0]
	h[1] -= o[1]
}

// A setHasher computes the terms of RRsets in a buffer of its own.
type setHasher struct {
	key *HashKey
	buf []byte
}

// term hashes the canonical form of an RRset and of the RRSIGs over it, with their TTLs.
func (s *setHasher) term(name []byte, set RRset) SetHash {
	b := binary.BigEndian.AppendUint16(s.buf[:0], uint16(len(name)))
	b = append(b, name...)
	b = binary.BigEndian.AppendUint16(b, set.Type)
	b = binary.BigEndian.AppendUint32(b, set.TTL)
	b = binary.BigEndian.AppendUint32(b, set.SigTTL)
	b = binary.BigEndian.AppendUint32(b, uint32(set.count))
	b = appendCanonicalAll(b, set.data, set.Type)
	b = appendCanonicalAll(b, set.sigs, typeRRSIG)
	s.buf = b
	k0, k1 := binary.LittleEndian.Uint64(s.key[:]), binary.LittleEndian.Uint64(s.key[8:])
	low, high := siphash.Hash128(k0, k1, b)
	return SetHash{low, high}
}

// node is the sum of the terms of a name.
func (s *setHasher) node(n Node) (h SetHash) {
	for sets := n.sets(); sets.next(); {
		h.add(s.term(n.key, sets.set))
	}
	return h
}

// appendCanonicalAll appends RDATA that lie back to back, each behind its length.
func appendCanonicalAll(b, list []byte, rrtype uint16) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(list)))
	if !rdata.Folds(rrtype) {
		return append(b, list...)
	}
	for len(list) > 0 {
		length, used := binary.Uvarint(list)
		end := used + int(length)
		b = append(b, list[:used]...)
		b = rdata.AppendCanonical(b, list[used:end], rrtype)
		list = list[end:]
	}
	return b
}
