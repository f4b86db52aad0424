package secondaryplus

import (
	"testing"
	"time"
)

func TestAFloodOfLinesIsToldOnce(t *testing.T) {
	var f flood
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	pour := func(n int) (written int) {
		for range n {
			if f.admits(now) {
				written++
			}
		}
		return written
	}
	if got := pour(5000); got != floodLines {
		t.Errorf("%d lines are written", got)
	}
	if got := f.rest(now.Add(floodSpan - 1)); got != 0 {
		t.Errorf("%d are told of before the time", got)
	}
	if !f.pending() {
		t.Error("nobody comes back for them")
	}
	now = now.Add(floodSpan)
	if got := f.rest(now); got != 5000-floodLines {
		t.Errorf("%d are told of", got)
	}
	if got := f.rest(now); got != 0 || f.pending() {
		t.Errorf("%d are told of twice", got)
	}
	if got := pour(7); got != 7 {
		t.Errorf("%d of 7 lines are written later", got)
	}
}
