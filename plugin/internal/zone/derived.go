package zone

import "sync/atomic"

// derived is room for what a reader makes of a Version once, because it needs it often.
type derived struct{ made atomic.Value }

// Derived is what make makes of the Version. It is called when nothing was made yet, by several readers perhaps, of
// which one counts. A Version has one such reader; what it makes must not change.
func (v *Version) Derived(make func(*Version) any) any {
	if made := v.made.Load(); made != nil {
		return made
	}
	v.made.CompareAndSwap(nil, make(v))
	return v.made.Load()
}
