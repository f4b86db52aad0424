package zone

import (
	"bytes"
	"iter"
	"maps"
	"slices"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// An edit says what a name becomes: a node, or nothing when node is nil.
type edit struct{ key, node []byte }

// Commit makes the new Version and the Delta from the base to it; the Delta is nil when there was no base.
// The transaction is finished then, whatever the outcome. Error: ErrSOA.
func (t *Txn) Commit() (*Version, *Delta, error) {
	if t.finished {
		return nil, nil, ErrFinished
	}
	t.finished = true
	c := commit{apex: t.apex, size: t.pageSize, hasher: setHasher{key: processKey}}
	if t.base != nil {
		c.hasher.key = t.base.hashKey
		c.hash, c.records = t.base.hash, t.base.records
		c.delta = &Delta{limit: max(t.base.Octets(), minDeltaLimit)}
	}
	next := &Version{apex: t.apex}
	next.names = c.rebuild(t.base.tree(inNames), t.edits(inNames))
	next.hashed = c.rebuild(t.base.tree(inHashed), t.edits(inHashed))
	next.hashKey, next.hash, next.records = c.hasher.key, c.hash, c.records
	if err := next.finish(); err != nil {
		return nil, nil, err
	}
	if c.delta != nil {
		c.delta.bind(t.base, next)
	}
	return next, c.delta, nil
}

// finish checks the apex and keeps what every answer needs from it.
func (v *Version) finish() error {
	var ok bool
	if v.apexAt, ok = v.names.get(nil); !ok {
		return ErrSOA
	}
	v.apexSOA, _ = v.apexAt.RRset(dns.TypeSOA)
	v.apexNS, _ = v.apexAt.RRset(dns.TypeNS)
	if v.apexSOA.Len() != 1 {
		return ErrSOA
	}
	v.apex = v.apexAt.Owner(nil, v.apex)
	var err error
	v.soa, err = ParseSOA(v.SOARecord())
	return err
}

// edits yields, in key order, what the transaction makes of the names of one tree.
func (t *Txn) edits(where int) iter.Seq[edit] {
	if t.full != nil {
		return difference(t.base.tree(where), t.full.trees[where].nodes())
	}
	return func(yield func(edit) bool) {
		drafts := t.drafts[where]
		var buf []byte
		for _, key := range slices.Sorted(maps.Keys(drafts)) {
			e := edit{key: []byte(key)}
			if d := drafts[key]; len(d.sets) > 0 {
				buf = d.appendNode(buf[:0])
				e.node = buf
			}
			if !yield(e) {
				return
			}
		}
	}
}

// difference yields the edits that turn base into the names of the sequence.
func difference(base *tree, wanted iter.Seq2[[]byte, []byte]) iter.Seq[edit] {
	return func(yield func(edit) bool) {
		c := Cursor{tree: base}
		c.First()
		for key, node := range wanted {
			for c.Valid() && bytes.Compare(c.Node().key, key) < 0 {
				if !yield(edit{key: c.Node().key}) {
					return
				}
				c.Next()
			}
			if c.Valid() && bytes.Equal(c.Node().key, key) {
				same := bytes.Equal(c.Node().data, node)
				c.Next()
				if same {
					continue
				}
			}
			if !yield(edit{key, node}) {
				return
			}
		}
		for ; c.Valid(); c.Next() {
			if !yield(edit{key: c.Node().key}) {
				return
			}
		}
	}
}

// A commit carries what adds up while both trees are rebuilt.
type commit struct {
	apex    owner.Name
	size    int
	hasher  setHasher
	hash    SetHash
	records int
	delta   *Delta
}

// rebuild applies edits, which come in key order, to a tree. Pages that no edit touches are shared.
func (c *commit) rebuild(base *tree, edits iter.Seq[edit]) tree {
	m := merger{commit: c, base: base, out: newTreeBuilder(base, c.size)}
	for e := range edits {
		m.apply(e)
	}
	m.leavePage()
	m.out.share(base.pages[m.page:])
	return m.out.done()
}

// A merger walks the base's pages while edits come in.
type merger struct {
	*commit
	base  *tree
	out   *treeBuilder
	page  int  // the first page that is not yet dealt with
	open  bool // edits fall into it
	entry int  // its next entry that is not yet written
}

func (m *merger) apply(e edit) {
	var old Node
	if len(m.base.pages) > 0 {
		m.enterPage(e.key)
		old = m.copyUpTo(e.key)
	}
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
	m.records += m.hasher.replace(&m.hash, old, replacement)
	if m.delta != nil {
		m.delta.change(m.apex, old, replacement)
	}
}

// enterPage opens the page that key falls into, and shares those before it.
func (m *merger) enterPage(key []byte) {
	next := m.page + 1
	if m.open && (next == len(m.base.pages) || bytes.Compare(m.base.pages[next].key(0), key) > 0) {
		return
	}
	m.leavePage()
	at := max(m.base.pageFor(key), m.page)
	m.out.share(m.base.pages[m.page:at])
	m.page, m.entry, m.open = at, 0, true
	m.out.drop(m.base.pages[at])
}

// copyUpTo writes the page's entries before key, and returns the entry at key, which it skips.
func (m *merger) copyUpTo(key []byte) Node {
	p := m.base.pages[m.page]
	for ; m.entry < p.count(); m.entry++ {
		n := p.entry(m.entry)
		switch order := bytes.Compare(n.key, key); {
		case order > 0:
			return Node{}
		case order == 0:
			m.entry++
			return n
		}
		m.out.add(n.key, n.data)
	}
	return Node{}
}

// leavePage writes what is left of the open page, if there is one.
func (m *merger) leavePage() {
	if !m.open {
		return
	}
	p := m.base.pages[m.page]
	for ; m.entry < p.count(); m.entry++ {
		n := p.entry(m.entry)
		m.out.add(n.key, n.data)
	}
	m.page++
	m.open = false
}
