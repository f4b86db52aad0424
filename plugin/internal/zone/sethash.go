package zone

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"iter"

	"github.com/understudy-dns/understudy/plugin/internal/rdata"
)

// SetHash is a hash of a set of RRsets that does not depend on their order, and from which one RRset can
// be taken as cheaply as it was added: the sum of a keyed hash of each, in four lanes modulo 2^64. The key
// is secret and drawn at start, so that nobody can choose records whose terms cancel each other out.
// Hashes are therefore comparable only within a process.
type SetHash [4]uint64

var setHashKey = func() (key [32]byte) {
	if _, err := rand.Read(key[:]); err != nil {
		panic(err) // crypto/rand does not fail on any platform that Go supports
	}
	return key
}()

func (h *SetHash) add(term [sha256.Size]byte) {
	for i := range h {
		h[i] += binary.LittleEndian.Uint64(term[8*i:])
	}
}

func (h *SetHash) remove(term [sha256.Size]byte) {
	for i := range h {
		h[i] -= binary.LittleEndian.Uint64(term[8*i:])
	}
}

// A setHasher computes the terms of RRsets in a buffer of its own.
type setHasher struct{ buf []byte }

// term hashes the canonical form of an RRset and of the RRSIGs over it, with their TTLs.
func (s *setHasher) term(key []byte, set RRset) [sha256.Size]byte {
	b := append(s.buf[:0], setHashKey[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(key)))
	b = append(b, key...)
	b = binary.BigEndian.AppendUint16(b, set.Type)
	b = binary.BigEndian.AppendUint32(b, set.TTL)
	b = binary.BigEndian.AppendUint32(b, set.SigTTL)
	b = binary.BigEndian.AppendUint32(b, uint32(set.count))
	b = appendCanonicalAll(b, set.Data(), set.Type)
	b = appendCanonicalAll(b, set.Sigs(), typeRRSIG)
	s.buf = b
	return sha256.Sum256(b)
}

func (s *setHasher) replace(h *SetHash, old, new Node) (records int) {
	if !old.IsZero() {
		for set := range old.RRsets() {
			h.remove(s.term(old.key, set))
			records -= set.count + set.sigCount
		}
	}
	if !new.IsZero() {
		for set := range new.RRsets() {
			h.add(s.term(new.key, set))
			records += set.count + set.sigCount
		}
	}
	return records
}

func appendCanonicalAll(b []byte, list iter.Seq[[]byte], rrtype uint16) []byte {
	folds := rdata.Folds(rrtype)
	for data := range list {
		b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
		if folds {
			b = rdata.AppendCanonical(b, data, rrtype)
		} else {
			b = append(b, data...)
		}
	}
	return b
}
