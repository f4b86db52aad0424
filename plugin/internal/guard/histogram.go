package guard

import (
	"cmp"
	"slices"
)

// A histogram is how many there are of each value, ascending; values of which there are none are left out. It never
// changes.
type histogram []bin

type bin struct {
	value uint32
	count int32
}

func (b bin) compare(o bin) int { return cmp.Compare(b.value, o.value) }

// median is the least value with at least half of all at or below it; 0 where there are none.
func (h histogram) median() uint32 {
	all, below := int64(0), int64(0)
	for _, b := range h {
		all += int64(b.count)
	}
	for _, b := range h {
		if below += int64(b.count); 2*below >= all {
			return b.value
		}
	}
	return 0
}

// A tally is what comes to a histogram and what goes. The zero value is ready.
type tally struct {
	counts map[uint32]int32
	last   bin // not yet in counts: the same value often comes many times in a row
}

func (t *tally) add(value uint32, n int32) {
	if value != t.last.value {
		t.settle()
		t.last.value = value
	}
	t.last.count += n
}

func (t *tally) settle() {
	if t.last.count == 0 {
		return
	}
	if t.counts == nil {
		t.counts = make(map[uint32]int32)
	}
	t.counts[t.last.value] += t.last.count
	t.last.count = 0
}

// applied is h with what was tallied.
func (t *tally) applied(h histogram) (sum histogram) {
	t.settle()
	changes := make(histogram, 0, len(t.counts))
	for value, n := range t.counts {
		if n != 0 {
			changes = append(changes, bin{value, n})
		}
	}
	if len(changes) == 0 {
		return h
	}
	slices.SortFunc(changes, bin.compare)
	sum = make(histogram, 0, len(h)+len(changes))
	for _, change := range changes {
		i, there := slices.BinarySearchFunc(h, change, bin.compare)
		sum = append(sum, h[:i]...)
		if there {
			change.count += h[i].count
			i++
		}
		if change.count != 0 {
			sum = append(sum, change)
		}
		h = h[i:]
	}
	return append(sum, h...)
}
