package zone

import (
	"bytes"
	"encoding/binary"
	"iter"
)

// A tree is the ordered list of pages, in two levels, so that a change copies what it touches of both and not
// the whole list. It is immutable.
type tree struct {
	chunks  []chunk
	firsts  []pageRef // the first of each chunk, if there are several
	entries int
	octets  int
}

// A chunk is a part of the list, never empty. Trees share those that are the same.
type chunk []pageRef

// chunkPages is how many pages a chunk may have. A change copies so many references, and one a chunk.
const chunkPages = 256

// pageRef is a page with the head of its first key, with which most comparisons need not look into the page.
type pageRef struct {
	head uint64
	page page
}

func refTo(p page) pageRef { return pageRef{headOf(p.firstKey()), p} }

// headOf is the first eight octets of a key as a number: keys whose heads differ are in the order of those.
func headOf(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var head [8]byte
	copy(head[:], key)
	return binary.BigEndian.Uint64(head[:])
}

// notAfter says whether the page's first key is not after key.
func (r *pageRef) notAfter(head uint64, key []byte) bool {
	return r.head < head || r.head == head && bytes.Compare(r.page.firstKey(), key) <= 0
}

// lastNotAfter is the index of the last page whose first key is not after key; 0 if there is none.
func lastNotAfter(refs []pageRef, head uint64, key []byte) int {
	low, high := 0, len(refs)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if refs[middle].notAfter(head, key) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return max(low-1, 0)
}

func (t *tree) findFirsts() {
	if len(t.chunks) < 2 {
		return
	}
	t.firsts = make([]pageRef, len(t.chunks))
	for i, c := range t.chunks {
		t.firsts[i] = c[0]
	}
}

// A position is that of a page.
type position struct{ chunk, page int }

func (a position) before(b position) bool {
	return a.chunk < b.chunk || a.chunk == b.chunk && a.page < b.page
}

// find is where the page is that holds key or would hold it. The tree must not be empty.
func (t *tree) find(key []byte) position {
	head, at := headOf(key), position{}
	if len(t.chunks) > 1 {
		at.chunk = lastNotAfter(t.firsts, head, key)
	}
	at.page = lastNotAfter(t.chunks[at.chunk], head, key)
	return at
}

func (t *tree) page(at position) page { return t.chunks[at.chunk][at.page].page }

// after is the position of the next page; ok is false when there is none.
func (t *tree) after(at position) (next position, ok bool) {
	if at.page++; at.page == len(t.chunks[at.chunk]) {
		at = position{at.chunk + 1, 0}
	}
	return at, at.chunk < len(t.chunks)
}

func (t *tree) get(key []byte) (Node, bool) {
	if len(t.chunks) == 0 {
		return Node{}, false
	}
	p := t.page(t.find(key))
	if i := p.search(key, 0); i < p.count() {
		if node := p.entry(i); bytes.Equal(node.key, key) {
			return node, true
		}
	}
	return Node{}, false
}

// pages yields all pages in order.
func (t *tree) pages() iter.Seq[page] {
	return func(yield func(page) bool) {
		for _, c := range t.chunks {
			for i := range c {
				if !yield(c[i].page) {
					return
				}
			}
		}
	}
}

func (t *tree) pageCount() (n int) {
	for _, c := range t.chunks {
		n += len(c)
	}
	return n
}
