package events

import (
	"cmp"
	"container/list"
	"iter"
	"slices"
	"time"
)

// timeline has one item an alert, in the order in which they changed last. An Alertmanager remembers how far it has
// come, so that what it is owed costs nothing, however many alerts there are.
type timeline struct {
	items []*item // in order of seq
	gone  int     // of them
	last  uint64
}

// item is the newest event of an alert.
type item struct {
	seq    uint64
	key    string
	event  *event // nil: gone
	weight int

	noted  time.Time     // when it was resolved
	fading *list.Element // among those that are resolved; nil: it fires
}

func (t *timeline) add(key string, e *event) *item {
	t.last++
	i := &item{seq: t.last, key: key, event: e, weight: e.weight()}
	t.items = append(t.items, i)
	return i
}

// remove takes time in proportion to what is left, but seldom.
func (t *timeline) remove(i *item) {
	i.event = nil
	if t.gone++; t.gone > len(t.items)/2 {
		t.items = slices.Clone(slices.DeleteFunc(t.items, func(i *item) bool { return i.event == nil }))
		t.gone = 0
	}
}

// after are the items that changed later than one, the oldest first.
func (t *timeline) after(seq uint64) iter.Seq[*item] {
	return func(yield func(*item) bool) {
		from, found := slices.BinarySearchFunc(t.items, seq, func(i *item, seq uint64) int {
			return cmp.Compare(i.seq, seq)
		})
		if found {
			from++
		}
		for _, i := range t.items[from:] {
			if i.event != nil && !yield(i) {
				return
			}
		}
	}
}
