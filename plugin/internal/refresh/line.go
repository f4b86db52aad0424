package refresh

import "container/list"

// A line is a queue of what somebody asked for. The newest and the oldest take turns: when a primary changes ten thousand
// zones at once, the next one that it changes need not wait for all of them, and the oldest, which must not wait for
// ever, takes at most twice as long.
type line struct {
	list.List
	newest bool // comes next
}

// next is whose turn it is, to be removed then. There must be one.
func (l *line) next() *list.Element {
	if l.newest = !l.newest; l.newest {
		return l.Front()
	}
	return l.Back()
}
