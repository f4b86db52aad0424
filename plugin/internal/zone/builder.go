package zone

import (
	"encoding/binary"
	"sort"
)

// A treeBuilder makes a tree from pages that are shared with a base and entries that come in key order. Its
// totals begin as the base's, so that what is shared need not be looked at.
type treeBuilder struct {
	size    int
	tree    tree
	refs    []pageRef // of the chunk that is being filled
	body    []byte    // of the page that is being filled; it becomes that page, unless most of it stays empty
	offsets []uint16
}

func newTreeBuilder(base *tree, size int) *treeBuilder {
	return &treeBuilder{size: size, tree: tree{entries: base.entries, octets: base.octets}}
}

// entryOverhead is what an entry takes beside its key and its node, at the most: the length of its key, its
// place in the table; and the count.
const entryOverhead = binary.MaxVarintLen16 + 2 + 2

func (b *treeBuilder) add(key, node []byte) {
	if len(b.offsets) > 0 && b.used()+entryOverhead+len(key)+len(node) > b.size {
		b.flush()
	}
	b.open()
	b.offsets = append(b.offsets, uint16(len(b.body)))
	b.body = binary.AppendUvarint(b.body, uint64(len(key)))
	b.body = append(append(b.body, key...), node...)
}

// addRange adds the entries of a page from one index to before another, as many at a time as fit.
func (b *treeBuilder) addRange(p page, from, to int) {
	for from < to {
		until := b.fitting(p, from, to)
		if until == from {
			b.flush()
			continue
		}
		b.open()
		start := p.offset(from)
		shift := len(b.body) - start
		for i := from; i < until; i++ {
			b.offsets = append(b.offsets, uint16(p.offset(i)+shift))
		}
		b.body = append(b.body, p[start:p.end(until-1)]...)
		from = until
	}
}

// fitting is up to which entry those of a page fit into the one that is being filled: at least one fits into an
// empty page.
func (b *treeBuilder) fitting(p page, from, to int) int {
	start, left := p.offset(from), b.size-b.used()-2
	fit := sort.Search(to-from, func(i int) bool { return p.end(from+i)-start+2*(i+1) > left })
	if fit == 0 && len(b.offsets) == 0 {
		return from + 1
	}
	return from + fit
}

// used is how long the page that is being filled is, its count left aside.
func (b *treeBuilder) used() int { return len(b.body) + 2*len(b.offsets) }

// share takes over pages of one chunk of the base. What was begun before them joins the first when both fit into
// one page, so that deletions do not leave ever smaller pages behind.
func (b *treeBuilder) share(refs []pageRef) {
	if len(refs) > 0 && len(b.offsets) > 0 && b.used()+len(refs[0].page) <= b.size {
		b.drop(refs[0].page)
		b.addRange(refs[0].page, 0, refs[0].page.count())
		refs = refs[1:]
	}
	if len(refs) == 0 {
		return
	}
	b.flush()
	for len(refs) > 0 {
		n := min(chunkPages-len(b.refs), len(refs))
		b.refs = append(b.refs, refs[:n]...)
		refs = refs[n:]
		b.closeFull()
	}
}

// shareChunks takes over whole chunks of the base. What was begun before them joins the first when both fit into
// one.
func (b *treeBuilder) shareChunks(chunks []chunk) {
	for len(chunks) > 0 && (len(b.offsets) > 0 || len(b.refs) > 0) {
		if len(b.offsets) == 0 && len(b.refs)+len(chunks[0].refs) > chunkPages {
			b.closeChunk()
			break
		}
		b.share(chunks[0].refs)
		chunks = chunks[1:]
	}
	b.tree.chunks = append(b.tree.chunks, chunks...)
}

// drop notes that a page of the base is not shared.
func (b *treeBuilder) drop(p page) {
	b.tree.entries -= p.count()
	b.tree.octets -= len(p)
}

func (b *treeBuilder) open() {
	if b.body == nil {
		b.body = make([]byte, 0, b.size)
	}
}

// flush ends the page that is being filled.
func (b *treeBuilder) flush() {
	if len(b.offsets) == 0 {
		return
	}
	p := page(b.body)
	for _, off := range b.offsets {
		p = binary.LittleEndian.AppendUint16(p, off)
	}
	p = binary.LittleEndian.AppendUint16(p, uint16(len(b.offsets)))
	if spare := cap(p) - len(p); spare > cap(p)/8 {
		b.body, p = p[:0], append(make(page, 0, len(p)), p...)
	} else {
		b.body = nil
	}
	b.offsets = b.offsets[:0]
	b.append(p)
}

// append puts a whole page at the end.
func (b *treeBuilder) append(p page) {
	b.tree.entries += p.count()
	b.tree.octets += len(p)
	b.refs = append(b.refs, pageRef{page: p, behind: -1})
	b.closeFull()
}

func (b *treeBuilder) closeFull() {
	if len(b.refs) == chunkPages {
		b.closeChunk()
	}
}

func (b *treeBuilder) closeChunk() {
	if len(b.refs) > 0 {
		b.tree.chunks = append(b.tree.chunks, newChunk(append(make([]pageRef, 0, len(b.refs)), b.refs...)))
		b.refs = b.refs[:0]
	}
}

func (b *treeBuilder) done() tree {
	b.flush()
	b.closeChunk()
	t := b.tree
	t.findFirsts()
	return t
}
