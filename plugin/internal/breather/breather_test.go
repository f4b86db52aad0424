package breather

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// With one processor, another goroutine gets its turn only if the one that computes lets it.
func TestOthersGetTheirTurn(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, units := range []int{1, 7, enough, 2 * enough} {
		var ran atomic.Bool
		go func() { ran.Store(true) }()
		var b Breather
		for done := units; done < enough; done += units {
			if b.Did(units); ran.Load() {
				t.Fatalf("a breath after %d units", done)
			}
		}
		if b.Did(units); !ran.Load() {
			t.Errorf("no breath after enough times %d units", units)
		}
	}
}
