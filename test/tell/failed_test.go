package tell_test

import (
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

// A version that is announced and does not come is nothing to tell of.
func Test62AFailedTransferIsNotTold(t *testing.T) {
	t.Parallel()
	live := listen(t, ok)
	p, s := start(t, nil, "also_notify "+live.addr, "retry 1s 1s")
	waitSent(t, s, "acknowledged", 1)
	p.On(primary.AXFR, primary.Servfail())
	p.On(primary.IXFR, primary.Servfail())
	p.Publish(t, content(2))
	p.NotifyTo(t, s.Addr(), nil)
	s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_refreshes_total", "≥ 2", func(v float64) bool { return v >= 2 }, "result=failed")
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_notifies_pending", 0)
	if got := <-live.told; got != 1 || len(live.told) != 0 {
		t.Errorf("told of serial %d, and %d times more", got, len(live.told))
	}
	p.On(primary.AXFR)
	p.On(primary.IXFR)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	if got := <-live.told; got != 2 {
		t.Errorf("told of serial %d", got)
	}
}
