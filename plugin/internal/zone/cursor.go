package zone

// Cursor walks the names of a Version in canonical order. It is not safe for concurrent use; make one a query.
type Cursor struct {
	tree  *tree
	page  int
	entry int
}

// Seek moves to the first name that is not before key, and says whether there is one.
func (c *Cursor) Seek(key []byte) bool {
	if len(c.tree.pages) == 0 {
		return false
	}
	c.page = c.tree.pageFor(key)
	c.entry = c.tree.pages[c.page].search(key)
	return c.settle()
}

// First moves to the first name, Last to the last one; both say whether there is one.
func (c *Cursor) First() bool {
	c.page, c.entry = 0, 0
	return c.Valid()
}

// Last moves to the last name.
func (c *Cursor) Last() bool {
	c.page, c.entry = len(c.tree.pages), 0
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
	if c.entry > 0 {
		c.entry--
		return true
	}
	if c.page == 0 {
		return false
	}
	c.page--
	c.entry = c.tree.pages[c.page].count() - 1
	return true
}

// Valid says whether the cursor is at a name.
func (c *Cursor) Valid() bool { return c.page < len(c.tree.pages) }

// Node is the name at the cursor, which must be valid.
func (c *Cursor) Node() Node { return c.tree.pages[c.page].entry(c.entry) }

func (c *Cursor) settle() bool {
	if c.entry == c.tree.pages[c.page].count() {
		c.page++
		c.entry = 0
	}
	return c.Valid()
}
