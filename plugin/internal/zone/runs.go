package zone

import (
	"bytes"
	"cmp"
	"slices"
)

// runs sort names that do not come in order: as many records as a batch may have are sorted and become a tree, or go on
// with the last one if they come behind it; in the end all trees are merged. So there is never more in memory than the
// zone twice and one batch, and what was merged is let go of meanwhile.
type runs struct {
	page    int // octets
	length  int // records
	maker   *nodeMaker
	trees   []tree
	open    *treeBuilder // of the last tree
	last    []byte       // the last key of it
	records []loadRecord
	octets  arena
}

// runRecords is how many records are sorted at a time: their octets are a few megabytes.
const runRecords = 1 << 16

func (r *runs) add(record *loadRecord) {
	kept := *record
	kept.octets = r.octets.copy(record.octets)
	r.records = append(r.records, kept)
	if len(r.records) >= r.length {
		r.endBatch(false)
	}
}

// endBatch puts what was collected into a tree. The last name is kept back, unless nothing follows: its records may
// not all be there.
func (r *runs) endBatch(final bool) {
	slices.SortStableFunc(r.records, func(a, b loadRecord) int { return a.compare(&b) })
	from := 0
	for from < len(r.records) {
		to := from + 1
		for to < len(r.records) && r.records[from].compare(&r.records[to]) == 0 {
			to++
		}
		if to == len(r.records) && !final && from > 0 {
			break
		}
		r.put(r.records[from].key(), r.maker.node(r.records[from:to]))
		from = to
	}
	r.keep(r.records[from:])
}

func (r *runs) put(key, node []byte) {
	if r.open != nil && bytes.Compare(r.last, key) >= 0 {
		r.closeTree()
	}
	if r.open == nil {
		r.open = newTreeBuilder(&tree{}, r.page)
	}
	r.open.add(key, node)
	r.last = append(r.last[:0], key...)
}

func (r *runs) closeTree() {
	if r.open != nil {
		r.trees = append(r.trees, r.open.done())
		r.open = nil
	}
}

// keep begins the next batch with some records of the last one.
func (r *runs) keep(rest []loadRecord) {
	var octets arena
	n := copy(r.records, rest)
	for i := range n {
		r.records[i].octets = octets.copy(r.records[i].octets)
	}
	clear(r.records[n:])
	r.records, r.octets = r.records[:n], octets
}

// merge hands out the names of all runs, each once, in key order. They are used up by that.
func (r *runs) merge(put func(key, node []byte)) {
	r.endBatch(true)
	r.closeTree()
	var q runQueue
	for i := range r.trees {
		q.push(runHead{run: &r.trees[i], order: i, cursor: Cursor{tree: &r.trees[i]}})
	}
	var same []Node
	for len(q) > 0 {
		same = same[:0]
		key := q[0].node.key
		for len(q) > 0 && bytes.Equal(q[0].node.key, key) {
			same = append(same, q[0].node)
			q.advance()
		}
		put(key, r.maker.join(same))
	}
}

// join is the node of records that came at different times, the earliest first.
func (m *nodeMaker) join(nodes []Node) []byte {
	if len(nodes) == 1 {
		return nodes[0].data
	}
	m.draft.reuse()
	m.draft.keptCase = nodes[0].keptCase()
	for _, n := range nodes {
		for sets := n.sets(); sets.next(); {
			for data := range sets.set.Data() {
				m.draft.add(sets.set.Type, false, sets.set.TTL, data)
			}
			for data := range sets.set.Sigs() {
				m.draft.add(sets.set.Type, true, sets.set.SigTTL, data)
			}
		}
	}
	m.buf = m.draft.appendNode(m.buf[:0])
	return m.buf
}

// A runQueue is a heap of runs, that with the smallest name first, of equal ones the earliest.
type runQueue []runHead

type runHead struct {
	head   uint64
	order  int
	node   Node
	cursor Cursor
	run    *tree
}

func (h *runHead) compare(o *runHead) int {
	if h.head != o.head {
		return cmp.Compare(h.head, o.head)
	}
	return cmp.Or(bytes.Compare(h.node.key, o.node.key), cmp.Compare(h.order, o.order))
}

func (q *runQueue) push(h runHead) {
	if !h.cursor.First() {
		return
	}
	h.read()
	*q = append(*q, h)
	for i := len(*q) - 1; i > 0; {
		parent := (i - 1) / 2
		if (*q)[parent].compare(&(*q)[i]) <= 0 {
			return
		}
		(*q)[parent], (*q)[i] = (*q)[i], (*q)[parent]
		i = parent
	}
}

func (h *runHead) read() {
	h.node = h.cursor.Node()
	h.head = headOf(h.node.key)
}

// advance moves the first run to its next name, and lets go of the pages that were read.
func (q *runQueue) advance() {
	h := &(*q)[0]
	read := h.cursor.at.chunk
	more := h.cursor.Next()
	if h.cursor.at.chunk != read {
		h.run.chunks[read] = chunk{}
	}
	if more {
		h.read()
	} else {
		last := len(*q) - 1
		(*q)[0] = (*q)[last]
		*q = (*q)[:last]
	}
	q.sink()
}

func (q *runQueue) sink() {
	list := *q
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < len(list) && list[child+1].compare(&list[child]) < 0 {
			child++
		}
		if child >= len(list) || list[i].compare(&list[child]) <= 0 {
			return
		}
		list[i], list[child] = list[child], list[i]
		i = child
	}
}
