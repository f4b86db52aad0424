package outgoing

import (
	"bytes"
	"encoding/binary"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// A compressor writes names into a message and points to what of them is there already (RFC 1035 §4.1.4). It
// points only to equal octets, so that every name keeps its case.
type compressor struct {
	msg   []byte
	known [tableSize]uint16 // where a name begins, by the hash of its labels; 0: nowhere. The later one stays.
	last  owner.Name        // the owner name before, and where it begins
	at    int

	// Of the name at hand: where its labels begin, and the hashes from there to its end.
	starts [maxLabels]uint8
	slots  [maxLabels]uint16
}

const (
	tableBits = 11
	tableSize = 1 << tableBits
	// maxPointer is how far a pointer reaches: it has 14 bits.
	maxPointer = 1<<14 - 1
	maxLabels  = owner.MaxName/2 + 1
)

// restart forgets all names: a message begins.
func (c *compressor) restart() {
	clear(c.known[:])
	c.last = nil
}

// owner appends the owner name of a record. Most often it is that of the record before. The name must not
// change until the message is complete.
func (c *compressor) owner(name owner.Name) {
	if c.at <= maxPointer && len(name) > 1 && bytes.Equal(name, c.last) { // the root's name is shorter than a pointer
		c.point(c.at)
		return
	}
	c.last, c.at = name, len(c.msg)
	c.name(name)
}

func (c *compressor) point(at int) { c.msg = append(c.msg, 0xC0|byte(at>>8), byte(at)) }

// name appends a name in uncompressed wire form, with a pointer to its longest end that is there already.
func (c *compressor) name(name owner.Name) {
	for i := range c.split(name) {
		off := int(c.starts[i])
		slot := &c.known[c.slots[i]]
		if at := int(*slot); at != 0 && c.equal(at, name[off:]) {
			c.point(at)
			return
		}
		if at := len(c.msg); at <= maxPointer {
			*slot = uint16(at)
		}
		c.msg = append(c.msg, name[off:off+1+int(name[off])]...)
	}
	c.msg = append(c.msg, 0)
}

// split finds the labels of a name, the root's left aside, and returns their number.
func (c *compressor) split(name owner.Name) (labels int) {
	for off := 0; name[off] != 0; off += 1 + int(name[off]) {
		c.starts[labels] = uint8(off)
		labels++
	}
	end, hash := len(name)-1, uint64(0)
	for i := labels - 1; i >= 0; i-- {
		hash = mix(hash, name[c.starts[i]:end])
		c.slots[i] = uint16(hash >> (64 - tableBits))
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
func (c *compressor) equal(at int, name owner.Name) bool {
	for {
		for at < len(c.msg) && c.msg[at] >= 0xC0 {
			at = int(c.msg[at]&0x3F)<<8 | int(c.msg[at+1])
		}
		end := 1 + int(name[0])
		// What is compared may be the beginning of the name at hand.
		if at+end > len(c.msg) || !bytes.Equal(c.msg[at:at+end], name[:end]) {
			return false
		}
		if end == 1 {
			return true
		}
		at, name = at+end, name[end:]
	}
}
