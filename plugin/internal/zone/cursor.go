package zone

// Cursor walks the names of a Version in canonical order. It is not safe for concurrent use; make one a query.
type Cursor struct {
	tree  *tree
	at    position
	entry int
}

// Seek moves to the first name that is not before key, and says whether there is one.
func (c *Cursor) Seek(key []byte) bool {
	if len(c.tree.chunks) == 0 {
		return false
	}
	c.at = c.tree.find(key)
	c.entry = c.tree.page(c.at).search(key, 0)
	return c.settle()
}

// First moves to the first name, Last to the last one; both say whether there is one.
func (c *Cursor) First() bool {
	c.at, c.entry = position{}, 0
	return c.Valid()
}

// Last moves to the last name.
func (c *Cursor) Last() bool {
	c.at, c.entry = position{chunk: len(c.tree.chunks)}, 0
	return c.Prev()
}

// Next moves on by one name.
func (c *Cursor) Next() bool {
	if !c.Valid() {
		return false
	}
	c.entry++
	return c.settle()
}

// Prev moves back by one name; from behind the last name it moves to the last. At the first name it
// says false and stays.
func (c *Cursor) Prev() bool {
	switch {
	case c.entry > 0:
		c.entry--
		return true
	case c.at.page > 0:
		c.at.page--
	case c.at.chunk > 0:
		c.at.chunk--
		c.at.page = len(c.tree.chunks[c.at.chunk].refs) - 1
	default:
		return false
	}
	c.entry = c.tree.page(c.at).count() - 1
	return true
}

// Valid says whether the cursor is at a name.
func (c *Cursor) Valid() bool { return c.at.chunk < len(c.tree.chunks) }

// Node is the name at the cursor, which must be valid.
func (c *Cursor) Node() Node { return c.tree.page(c.at).entry(c.entry) }

func (c *Cursor) settle() bool {
	if c.entry == c.tree.page(c.at).count() {
		c.at, _ = c.tree.after(c.at)
		c.entry = 0
	}
	return c.Valid()
}
