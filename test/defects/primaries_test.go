package defects_test

import (
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// The tolerance for a frozen primary is ten minutes: package primary tests it.
func TestD08TheNewestPrimaryWins(t *testing.T) {
	t.Parallel()
	old := primary.Start(t, primary.Config{Zone: zone})
	old.Publish(t, calm(5, 5))
	newest := primary.Start(t, primary.Config{Zone: zone})
	newest.Publish(t, calm(9, 9))
	for name, order := range map[string]string{
		"the newest is the first":  newest.Addr() + " " + old.Addr(),
		"the newest is the second": old.Addr() + " " + newest.Addr(),
	} {
		t.Run(name, func(t *testing.T) {
			s := understudy.Start(t, understudy.Config{Corefile: corefile(order)})
			ask.WaitSerial(t, s.Addr(), zone, 9)
			wantServing(t, s, 9, "h8")
		})
	}
}

// Both are served at first. Then the one that the zone came from fails in some
// way, and only the other one has the new version.
func TestD08AFailedPrimaryHidesNoNewerOne(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]primary.Fault{
		"it is silent":              primary.Silent(),
		"it answers REFUSED":        primary.Refused(),
		"it answers SERVFAIL":       primary.Servfail(),
		"it is lame":                primary.NoAA(),
		"it knows nothing any more": primary.Empty(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := primary.Start(t, primary.Config{Zone: zone}), primary.Start(t, primary.Config{Zone: zone})
			first.Publish(t, timed(1, 5, 1, 1, 600))
			s := understudy.Start(t, understudy.Config{Corefile: corefile(first.Addr()+" "+second.Addr(), quick...)})
			ask.WaitSerial(t, s.Addr(), zone, 1)
			first.OnAll(fault)
			second.Publish(t, timed(2, 6, 1, 1, 600))
			ask.WaitSerial(t, s.Addr(), zone, 2)
			wantServing(t, s, 2, "h5")
		})
	}
}
