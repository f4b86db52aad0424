// Package breather lets queries through while something long is computed.
//
// The Go runtime does not look for packets that have come while the goroutine that a packet woke last goes on computing:
// for up to ten milliseconds no query would be read, even on an idle processor. Whoever computes for longer than a
// moment takes a breath now and then, which puts an idle processor to work, or lets others go first where there is none.
package breather

import "runtime"

// A Breather counts what was done since the last breath. The zero value is ready; it belongs to one goroutine.
type Breather struct{ done int }

// enough is how much may be done without a breath: a few hundred microseconds if a unit is one.
const enough = 512

// Did counts units of work of about a microsecond, and takes a breath when it is time.
func (b *Breather) Did(units int) {
	if b.done += units; b.done >= enough {
		b.done = 0
		runtime.Gosched()
	}
}
