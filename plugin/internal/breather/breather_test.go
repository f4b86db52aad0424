package breather

import (
	"runtime"
	"testing"
)

// With one processor, another goroutine gets its turn only if the one that computes lets it.
func TestOthersGetTheirTurn(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, units := range []int{1, 7, enough, 2 * enough} {
		ran := false
		go func() { ran = true }()
		var b Breather
		for done := units; done < enough; done += units {
			if b.Did(units); ran {
				t.Fatalf("a breath after %d units", done)
			}
		}
		if b.Did(units); !ran {
			t.Errorf("no breath after enough times %d units", units)
		}
	}
}
