package zone

// Somewhere moves to the name that is about part of the way through the zone, from 0 to less than 1, and says whether
// there is one. Each page counts for as much as any other: it looks at one.
func (c *Cursor) Somewhere(part float64) bool {
	pages := c.tree.pageCount()
	if pages == 0 {
		return false
	}
	at := part * float64(pages)
	page := min(max(int(at), 0), pages-1)
	c.at = position{}
	for page >= len(c.tree.chunks[c.at.chunk].refs) {
		page -= len(c.tree.chunks[c.at.chunk].refs)
		c.at.chunk++
	}
	c.at.page = page
	count := c.tree.page(c.at).count()
	c.entry = min(max(int((at-float64(int(at)))*float64(count)), 0), count-1)
	return true
}
