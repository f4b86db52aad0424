package zone

import (
	"bytes"
	"encoding/binary"
	"sort"
)

// A page holds entries in key order: the entries, then a table with the offset of each, then their count.
//
//	entry:  key length (uvarint) | key | node (see node.go)
//	table:  offset uint16, little-endian, one an entry
//	count:  uint16, little-endian
//
// A page is longer than the target size only when it holds a single entry, so that offsets always fit.
type page []byte

// defaultPageSize is the length in octets at which a page is split.
const defaultPageSize = 4096

func (p page) count() int { return int(binary.LittleEndian.Uint16(p[len(p)-2:])) }

func (p page) tableStart() int { return len(p) - 2 - 2*p.count() }

func (p page) offset(i int) int {
	return int(binary.LittleEndian.Uint16(p[p.tableStart()+2*i:]))
}

// entry is the i-th name of the page.
func (p page) entry(i int) Node {
	table := p.tableStart()
	start := int(binary.LittleEndian.Uint16(p[table+2*i:]))
	end := table
	if table+2*i+2 < len(p)-2 {
		end = int(binary.LittleEndian.Uint16(p[table+2*i+2:]))
	}
	length, n := binary.Uvarint(p[start:end])
	keyEnd := start + n + int(length)
	return Node{key: p[start+n : keyEnd : keyEnd], data: p[keyEnd:end:end]}
}

func (p page) key(i int) []byte {
	off := p.offset(i)
	if length := int(p[off]); length < 0x80 {
		return p[off+1 : off+1+length]
	}
	length, n := binary.Uvarint(p[off:])
	return p[off+n : off+n+int(length)]
}

// search is the index of the first entry whose key is not less than key.
func (p page) search(key []byte) int {
	return sort.Search(p.count(), func(i int) bool { return bytes.Compare(p.key(i), key) >= 0 })
}

// A tree is the ordered list of pages. It is immutable.
type tree struct {
	pages   []page
	entries int
	octets  int
}

// pageFor is the index of the page that holds key or would hold it.
func (t *tree) pageFor(key []byte) int {
	after := sort.Search(len(t.pages), func(i int) bool { return bytes.Compare(t.pages[i].key(0), key) > 0 })
	return max(after-1, 0)
}

func (t *tree) get(key []byte) (Node, bool) {
	if len(t.pages) == 0 {
		return Node{}, false
	}
	p := t.pages[t.pageFor(key)]
	if i := p.search(key); i < p.count() {
		if node := p.entry(i); bytes.Equal(node.key, key) {
			return node, true
		}
	}
	return Node{}, false
}

// A treeBuilder makes a tree from pages that are shared with a base and entries that come in key order. Its
// totals begin as the base's, so that what is shared need not be looked at.
type treeBuilder struct {
	size    int
	tree    tree
	body    []byte
	offsets []uint16
}

func newTreeBuilder(base *tree, size int) *treeBuilder {
	b := &treeBuilder{size: size, tree: tree{entries: base.entries, octets: base.octets}}
	b.tree.pages = make([]page, 0, len(base.pages)+8)
	return b
}

func (b *treeBuilder) add(key, node []byte) {
	need := binary.MaxVarintLen16 + len(key) + len(node) + 4
	if len(b.offsets) > 0 && len(b.body)+2*len(b.offsets)+need > b.size {
		b.flush()
	}
	b.offsets = append(b.offsets, uint16(len(b.body)))
	b.body = binary.AppendUvarint(b.body, uint64(len(key)))
	b.body = append(append(b.body, key...), node...)
}

// share takes over whole pages of the base. What was begun before them joins the first when both fit into
// one page, so that deletions do not leave ever smaller pages behind.
func (b *treeBuilder) share(pages []page) {
	if len(pages) > 0 && len(b.offsets) > 0 && len(b.body)+2*len(b.offsets)+len(pages[0]) <= b.size {
		b.drop(pages[0])
		for i := range pages[0].count() {
			n := pages[0].entry(i)
			b.add(n.key, n.data)
		}
		pages = pages[1:]
	}
	if len(pages) > 0 {
		b.flush()
		b.tree.pages = append(b.tree.pages, pages...)
	}
}

// drop notes that a page of the base is not shared.
func (b *treeBuilder) drop(p page) {
	b.tree.entries -= p.count()
	b.tree.octets -= len(p)
}

func (b *treeBuilder) flush() {
	if len(b.offsets) == 0 {
		return
	}
	p := make(page, 0, len(b.body)+2*len(b.offsets)+2)
	p = append(p, b.body...)
	for _, off := range b.offsets {
		p = binary.LittleEndian.AppendUint16(p, off)
	}
	p = binary.LittleEndian.AppendUint16(p, uint16(len(b.offsets)))
	b.tree.pages = append(b.tree.pages, p)
	b.tree.entries += len(b.offsets)
	b.tree.octets += len(p)
	b.body, b.offsets = b.body[:0], b.offsets[:0]
}

func (b *treeBuilder) done() tree {
	b.flush()
	return b.tree
}
