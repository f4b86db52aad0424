// Package compress writes names and RDATA into a message and points to what of them is there already (RFC 1035
// §4.1.4).
package compress

import (
	"bytes"
	"encoding/binary"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// A Message is a message while it is written. It points only to equal octets, so that every name keeps its case.
type Message struct {
	Octets []byte
	known  []uint16   // where a name begins, by the hash of its labels, or beside it; 0: nowhere. The later one stays.
	shift  uint8      // from a hash to an index of known
	last   owner.Name // the owner name before, and where it begins
	at     int

	// Of the name at hand: where its labels begin, and the hashes from there to its end.
	starts [maxLabels]uint8
	slots  [maxLabels]uint16
}

// New is a Message that has room for 2^bits labels; of more it forgets some, and is longer than it could be.
func New(bits uint8) Message { return Message{known: make([]uint16, 1<<bits), shift: 64 - bits} }

// MaxPointer is how far a pointer reaches: it has 14 bits.
const MaxPointer = 1<<14 - 1

const maxLabels = owner.MaxName/2 + 1

// Restart empties it: another message begins.
func (c *Message) Restart() {
	c.Octets = c.Octets[:0]
	clear(c.known)
	c.last = c.last[:0]
}

// Owner appends the owner name of a record. Most often it is that of the record before.
func (c *Message) Owner(name owner.Name) {
	if c.at <= MaxPointer && len(name) > 1 && bytes.Equal(name, c.last) { // the root's name is shorter than a pointer
		c.point(c.at)
		return
	}
	c.last, c.at = append(c.last[:0], name...), len(c.Octets)
	c.Name(name)
}

func (c *Message) point(at int) { c.Octets = append(c.Octets, 0xC0|byte(at>>8), byte(at)) }

// Name appends a name in uncompressed wire form, with a pointer to its longest end that is there already.
func (c *Message) Name(name owner.Name) {
	for i := range c.split(name) {
		off := int(c.starts[i])
		slot := &c.known[c.slots[i]]
		if at := int(*slot); at != 0 {
			if c.equal(at, name[off:]) {
				c.point(at)
				return
			}
			slot = &c.known[c.slots[i]^1] // two names with one hash are not rare
			if at := int(*slot); at != 0 && c.equal(at, name[off:]) {
				c.point(at)
				return
			}
		}
		if at := len(c.Octets); at <= MaxPointer {
			*slot = uint16(at)
		}
		c.Octets = append(c.Octets, name[off:off+1+int(name[off])]...)
	}
	c.Octets = append(c.Octets, 0)
}

// split finds the labels of a name, the root's left aside, and returns their number.
func (c *Message) split(name owner.Name) (labels int) {
	for off := 0; name[off] != 0; off += 1 + int(name[off]) {
		c.starts[labels] = uint8(off)
		labels++
	}
	end, hash := len(name)-1, uint64(0)
	for i := labels - 1; i >= 0; i-- {
		hash = mix(hash, name[c.starts[i]:end])
		c.slots[i] = uint16(hash >> c.shift)
		end = int(c.starts[i])
	}
	return labels
}

// mix adds a label with its length octet to the hash of the labels behind it.
func mix(hash uint64, label []byte) uint64 {
	const odd = 0x9E3779B97F4A7C15
	n := len(label)
	switch {
	case n >= 8:
		hash ^= binary.LittleEndian.Uint64(label) ^ binary.LittleEndian.Uint64(label[n-8:])*3
	case n >= 4:
		hash ^= uint64(binary.LittleEndian.Uint32(label)) | uint64(binary.LittleEndian.Uint32(label[n-4:]))<<32
	default:
		for _, b := range label {
			hash = hash<<8 ^ uint64(b)
		}
	}
	return (hash ^ hash>>29) * odd
}

// equal says whether the name at an offset of the message has these octets.
func (c *Message) equal(at int, name owner.Name) bool {
	for {
		for at < len(c.Octets) && c.Octets[at] >= 0xC0 {
			at = int(c.Octets[at]&0x3F)<<8 | int(c.Octets[at+1])
		}
		end := 1 + int(name[0])
		// What is compared may be the beginning of the name at hand.
		if at+end > len(c.Octets) || !bytes.Equal(c.Octets[at:at+end], name[:end]) {
			return false
		}
		if end == 1 {
			return true
		}
		at, name = at+end, name[end:]
	}
}
