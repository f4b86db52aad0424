package zone

import (
	"bytes"
	"encoding/binary"
)

// A chunk is a part of the list of pages, never empty. Trees share those that are the same.
type chunk struct {
	// prefix is what the first keys of all pages but the first begin with. Zones have runs of names like
	// customer-000001, which differ only far from where they begin.
	prefix []byte
	refs   []pageRef
}

// pageRef is a page, and the head of its first key behind the chunk's prefix, with which most steps of a search
// need not look into the page.
type pageRef struct {
	page   page
	head   uint64
	behind int // how many octets of the key the head is behind; -1: there is none yet
}

// newChunk takes refs over.
func newChunk(refs []pageRef) chunk {
	c := chunk{refs: refs}
	if len(refs) < 2 {
		return c
	}
	// The pages may be gone before the chunk.
	c.prefix = bytes.Clone(commonPrefix(refs[1].page.firstKey(), refs[len(refs)-1].page.firstKey()))
	for i := range refs[1:] {
		refs[1+i].setHead(len(c.prefix))
	}
	return c
}

func (r *pageRef) setHead(behind int) {
	if r.behind != behind {
		r.head, r.behind = headOf(r.page.firstKey()[behind:]), behind
	}
}

func commonPrefix(a, b []byte) []byte {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// headOf is the first eight octets of a key as a number: keys whose heads differ are in the order of those.
func headOf(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var head [8]byte
	copy(head[:], key)
	return binary.BigEndian.Uint64(head[:])
}

// find is the index of the last page whose first key is not after key; 0 if there is none.
func (c *chunk) find(key []byte) int {
	low, high := 1, len(c.refs)
	if n := len(c.prefix); n > 0 {
		switch bytes.Compare(key[:min(n, len(key))], c.prefix) {
		case -1:
			return 0
		case 1:
			return high - 1
		}
		// The key has the whole prefix: a shorter one would be before it.
	}
	head := headOf(key[len(c.prefix):])
	for low < high {
		middle := int(uint(low+high) >> 1)
		r := &c.refs[middle]
		if r.head < head || r.head == head && bytes.Compare(r.page.firstKey(), key) <= 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low - 1
}
