package zone

import "bytes"

// A differ turns the names of a new content, which come in key order, into edits of a base.
type differ struct {
	merger *merger
	base   Cursor
}

func newDiffer(c *commit, base *tree) *differ {
	return &differ{newMerger(c, base), Cursor{tree: base}}
}

// put says what comes next in the new content. Names of the base before it are gone.
func (d *differ) put(key, node []byte) {
	for d.base.Valid() {
		old := d.base.Node()
		order := bytes.Compare(old.key, key)
		if order > 0 {
			break
		}
		d.base.Next()
		if order == 0 {
			if !bytes.Equal(old.data, node) {
				d.merger.apply(edit{key, node})
			}
			return
		}
		d.merger.apply(edit{key: old.key})
	}
	d.merger.apply(edit{key, node})
}

// done says that nothing follows.
func (d *differ) done() tree {
	for ; d.base.Valid(); d.base.Next() {
		d.merger.apply(edit{key: d.base.Node().key})
	}
	return d.merger.done()
}
