package zone

import (
	"bytes"
	"iter"
)

// A tree is the ordered list of pages, in two levels, so that a change copies what it touches of both and not
// the whole list. It is immutable.
type tree struct {
	chunks  []chunk
	firsts  *chunk // the first page of each; nil: there are not several
	entries int
	octets  int
}

// chunkPages is how many pages a chunk may have. A change copies so many references, and one a chunk.
const chunkPages = 512

func (t *tree) findFirsts() {
	if len(t.chunks) < 2 {
		return
	}
	refs := make([]pageRef, len(t.chunks))
	for i, c := range t.chunks {
		refs[i] = c.refs[0]
	}
	firsts := newChunk(refs)
	t.firsts = &firsts
}

// A position is that of a page.
type position struct{ chunk, page int }

func (a position) before(b position) bool {
	return a.chunk < b.chunk || a.chunk == b.chunk && a.page < b.page
}

// find is where the page is that holds key or would hold it. The tree must not be empty.
func (t *tree) find(key []byte) position {
	var at position
	if len(t.chunks) > 1 {
		at.chunk = t.firsts.find(key)
	}
	at.page = t.chunks[at.chunk].find(key)
	return at
}

func (t *tree) page(at position) page { return t.chunks[at.chunk].refs[at.page].page }

// after is the position of the next page; ok is false when there is none.
func (t *tree) after(at position) (next position, ok bool) {
	if at.page++; at.page == len(t.chunks[at.chunk].refs) {
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
			for i := range c.refs {
				if !yield(c.refs[i].page) {
					return
				}
			}
		}
	}
}

func (t *tree) pageCount() (n int) {
	for _, c := range t.chunks {
		n += len(c.refs)
	}
	return n
}
