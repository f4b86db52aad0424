package zone

import (
	"runtime"
	"testing"
	"weak"
)

// Deltas that there is no room for any more are not kept in memory by those that stay.
func TestDroppedDeltasAreFreed(t *testing.T) {
	m := model{}
	txn := Replace(fuzzApex, nil)
	apply(t, txn, m, soaRR("example.", 1), true)
	v := mustCommit(t, txn, nil, m)
	var z Zone
	z.Publish(v, nil, Room{})
	var first weak.Pointer[Delta]
	room := Room{}
	for serial := uint32(1); serial <= 24; serial++ {
		txn := Begin(v)
		apply(t, txn, m, soaRR("example.", serial), false)
		apply(t, txn, m, soaRR("example.", serial+1), true)
		next, d, err := txn.Commit()
		if err != nil {
			t.Fatal(err)
		}
		if serial == 18 {
			first = weak.Make(d)
		}
		room.Octets = 18 * d.Octets()
		if serial > 20 {
			room.Octets = 2 * d.Octets()
		}
		z.Publish(next, d, room)
		v = next
	}
	if got := len(z.Published().Deltas); got != 2 {
		t.Fatalf("%d deltas kept, not 2", got)
	}
	runtime.GC()
	if first.Value() != nil {
		t.Error("a delta that was dropped is still in memory")
	}
	runtime.KeepAlive(&z)
}
