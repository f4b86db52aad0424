package primary

import (
	"testing"
	"time"
)

func TestAnOutageIsBelievedForLongerAndLonger(t *testing.T) {
	var o Outage
	now := t0
	if o.Lasts(now) {
		t.Error("there is an outage before the first failure")
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
		o = o.Failed(now)
		if got := o.Until.Sub(now); got != want*time.Minute || o.Failures != i+1 || !o.Since.Equal(t0) {
			t.Errorf("after %d failures: %s, %+v", i+1, got, o)
		}
		if again := o.Failed(o.Until.Add(-1)); again != o {
			t.Errorf("a failure while it lasts counts: %+v", again)
		}
		if now = o.Until; o.Lasts(now) || !o.Lasts(now.Add(-1)) {
			t.Errorf("it does not last until %s", now)
		}
	}
}
