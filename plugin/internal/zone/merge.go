package zone

import (
	"bytes"

	"github.com/understudy-dns/understudy/plugin/internal/breather"
)

// An edit says what a name becomes: a node, or nothing when node is nil.
type edit struct{ key, node []byte }

// A merger applies edits, which come in key order, to a tree. Pages that no edit touches are shared.
type merger struct {
	*commit
	base  *tree
	out   *treeBuilder
	at    position // the first page that is not yet dealt with
	open  bool     // edits fall into it
	entry int      // its next entry that is not yet written
	next  []byte   // the first key of the page behind it, nil: there is none

	breather breather.Breather
}

func newMerger(c *commit, base *tree) *merger {
	return &merger{commit: c, base: base, out: newTreeBuilder(base, c.size)}
}

// done shares what is left of the base.
func (m *merger) done() tree {
	m.leavePage()
	m.share(position{chunk: len(m.base.chunks)})
	return m.out.done()
}

func (m *merger) apply(e edit) {
	old := m.advance(e.key)
	if bytes.Equal(old.data, e.node) {
		if !old.IsZero() {
			m.out.add(old.key, old.data)
		}
		return
	}
	var replacement Node
	if e.node != nil {
		m.out.add(e.key, e.node)
		replacement = Node{e.key, e.node}
	}
	m.change(old, replacement)
}

// advance writes all of the base before key, and returns its entry at key, which it skips.
func (m *merger) advance(key []byte) Node {
	if len(m.base.chunks) == 0 {
		return Node{}
	}
	m.enterPage(key)
	p := m.base.page(m.at)
	i := m.entry
	if i == p.count() {
		return Node{}
	}
	n := p.entry(i)
	order := bytes.Compare(n.key, key)
	if order < 0 {
		if i = p.search(key, i+1); i < p.count() {
			n = p.entry(i)
			order = bytes.Compare(n.key, key)
		}
		m.out.addRange(p, m.entry, i)
		m.entry = i
	}
	if order != 0 {
		return Node{}
	}
	m.entry++
	return n
}

// enterPage opens the page that key falls into, and shares those before it.
func (m *merger) enterPage(key []byte) {
	if m.open && (m.next == nil || bytes.Compare(m.next, key) > 0) {
		return
	}
	m.leavePage()
	m.breather.Did(draftWork)
	to := m.base.find(key)
	if to.before(m.at) {
		to = m.at
	}
	m.share(to)
	m.entry, m.open, m.next = 0, true, nil
	if next, ok := m.base.after(to); ok {
		m.next = m.base.page(next).firstKey()
	}
	m.out.drop(m.base.page(to))
}

// share takes over the pages before a position.
func (m *merger) share(to position) {
	for m.at.chunk < to.chunk {
		if m.at.page == 0 {
			m.out.shareChunks(m.base.chunks[m.at.chunk:to.chunk])
			m.at.chunk = to.chunk
			break
		}
		m.out.share(m.base.chunks[m.at.chunk].refs[m.at.page:])
		m.at = position{chunk: m.at.chunk + 1}
	}
	if m.at.page < to.page {
		m.out.share(m.base.chunks[to.chunk].refs[m.at.page:to.page])
	}
	m.at = to
}

// leavePage writes what is left of the open page, if there is one.
func (m *merger) leavePage() {
	if !m.open {
		return
	}
	p := m.base.page(m.at)
	m.out.addRange(p, m.entry, p.count())
	m.at, _ = m.base.after(m.at)
	m.open = false
}

// cut ends the merger behind the name last, and returns the tree of what lies before.
func (m *merger) cut(last []byte) tree {
	m.advance(append(bytes.Clone(last), 0)) // no key lies between
	t := m.out.done()
	t.entries, t.octets = 0, 0
	for p := range t.pages() {
		t.entries += p.count()
		t.octets += len(p)
	}
	return t
}
