package zone

// A loadTree makes one of the two trees of a load. As long as names come in order they go straight into pages.
type loadTree struct {
	commit *commit
	base   *tree
	length int     // of a run
	differ *differ // of the names so far; nil: there were none
	group  []loadRecord
	kept   int   // of the group: those that lie in own
	own    arena // octets of a group whose batch ends before the group may
	maker  nodeMaker
	runs   *runs // once a name came out of order
}

func (t *loadTree) add(r *loadRecord) {
	if t.runs == nil && len(t.group) > 0 {
		switch order := t.group[0].compare(r); {
		case order < 0:
			t.endGroup()
		case order > 0:
			t.outOfOrder()
		}
	}
	if t.runs != nil {
		t.runs.add(r)
		return
	}
	t.group = append(t.group, *r)
}

// endGroup says that the name has all its records.
func (t *loadTree) endGroup() {
	if t.differ == nil {
		t.differ = newDiffer(t.commit, t.base)
	}
	t.differ.put(t.group[0].key(), t.maker.node(t.group))
	t.group, t.kept = t.group[:0], 0
	t.own.block = t.own.block[:0]
}

// keepGroup moves what the group has of a batch that ends.
func (t *loadTree) keepGroup() {
	for ; t.kept < len(t.group); t.kept++ {
		r := &t.group[t.kept]
		r.octets = t.own.copy(r.octets)
	}
}

// outOfOrder begins with runs. What has come so far is the first; what was found of the difference to the base does
// not count any more, for names may still come between those.
func (t *loadTree) outOfOrder() {
	key := t.group[0].key()
	t.endGroup()
	t.runs = &runs{page: t.commit.size, length: t.length, maker: &t.maker, trees: []tree{t.differ.merger.cut(key)}}
	t.commit.restart()
	t.differ = nil
}

func (t *loadTree) finish() tree {
	if len(t.group) > 0 {
		t.endGroup()
	}
	if t.differ == nil {
		t.differ = newDiffer(t.commit, t.base)
	}
	if t.runs != nil {
		t.runs.merge(t.differ.put)
	}
	return t.differ.done()
}

// A nodeMaker encodes names in memory that it uses again.
type nodeMaker struct {
	draft draft
	buf   []byte
}

// node is the node of one name's records, valid until the next.
func (m *nodeMaker) node(records []loadRecord) []byte {
	m.draft.gather(records)
	m.buf = m.draft.appendNode(m.buf[:0])
	return m.buf
}
