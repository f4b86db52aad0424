package serialguard

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
)

// observations is how many observations a histogram has.
func observations(t *testing.T, c prometheus.Collector) (n uint64) {
	t.Helper()
	for _, m := range gathered(t, c)[0].GetMetric() {
		n += m.GetHistogram().GetSampleCount()
	}
	return n
}

// Thresholds come from the histogram: one bad version must not be most of it.
func TestWhatIsHeldCountsOnce(t *testing.T) {
	found := func(t *testing.T, rule guard.Rule, verdict guard.Verdict) float64 {
		t.Helper()
		return counted(t, verdicts.WithLabelValues(apexName, "k", rule.String(), verdict.String()))
	}
	play(t, "however often it is judged", 1, "mode enforce", func(r *drill) {
		r.publish(1, hosts(30)...)
		deletes, ratios, times := found(r.T, guard.Deletes, guard.Hold), observations(r.T, changes), observations(r.T, evaluation)
		want := func(versions int) {
			r.Helper()
			n := uint64(versions)
			if got := found(r.T, guard.Deletes, guard.Hold) - deletes; got != float64(versions) {
				r.Errorf("%v findings, not %d", got, versions)
			}
			if got := observations(r.T, evaluation) - times; got != n {
				r.Errorf("%d evaluations, not %d", got, n)
			}
			if got := observations(r.T, changes) - ratios; got != 3*n { // each has three
				r.Errorf("%d ratios, not %d", got, 3*n)
			}
		}
		r.offer(1, 2)
		for range 5 {
			r.round()
			r.after(time.Minute)
		}
		r.down(1)
		r.round()
		r.holds(2)
		want(1)
		r.offer(1, 3)
		r.round()
		r.round()
		want(2)
		r.offer(1, 1, hosts(30)...) // it is over
		r.round()
		r.holdsNothing()
		r.after(time.Minute)
		r.offer(1, 3)
		r.round()
		r.round()
		want(3)
	})
	play(t, "an older serial, too, and when it is taken it counts again", 1, "mode enforce", func(r *drill) {
		r.publish(9, hosts(30)...)
		held, taken := found(r.T, guard.SerialBack, guard.Hold), found(r.T, guard.SerialBack, guard.Warn)
		r.offer(1, 8, hosts(30)...)
		for range 5 {
			r.round()
			r.after(time.Minute)
		}
		r.holds(8)
		r.after(time.Hour)
		r.serves(8)
		if h, w := found(r.T, guard.SerialBack, guard.Hold)-held, found(r.T, guard.SerialBack, guard.Warn)-taken; h != 1 || w != 1 {
			r.Errorf("held %v times, taken %v times", h, w)
		}
	})
}
