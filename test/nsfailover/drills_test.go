package nsfailover_test

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
)

// A target goes up and down as fast as it is believed: after a few times it is not any more.
func TestDrill39AFlappingTargetIsDamped(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := start(t, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "failback auto 100ms", "flap 4 10m penalty 1m")
	wantAddrs(t, s, www, "127.0.7.1")
	damped := func() bool {
		v, _ := s.Metrics(t, "metrics").Value("coredns_nsfailover_target_state", "target=127.0.7.1", "state=DAMPED")
		return v == 1
	}
	const enough = 10
	for i := 0; i < enough && !damped(); i++ {
		b[0].fail()
		wantAddrs(t, s, www, "127.0.7.2")
		b[0].heal()
		ask.Until(t, "it is answered again, or damped", func() error {
			got, err := addrsOf(s.Addr(), www)
			if err == nil && got != "127.0.7.1" && !damped() {
				err = fmt.Errorf("it is not")
			}
			return err
		})
	}
	if !damped() {
		t.Fatalf("after %d times it is not damped", enough)
	}
	moves, _ := s.Metrics(t, "metrics").Value("coredns_nsfailover_failovers_total")
	if moves > 4 {
		t.Errorf("the pool moved %v times", moves)
	}
	asked := b[0].asked.Load()
	ask.Until(t, "it is checked a few times more", func() error {
		if b[0].asked.Load() < asked+10 {
			return fmt.Errorf("not yet")
		}
		return nil
	})
	wantAddrs(t, s, www, "127.0.7.2")
	if now, _ := s.Metrics(t, "metrics").Value("coredns_nsfailover_failovers_total"); now != moves {
		t.Errorf("it moved again: %v times, and then %v", moves, now)
	}
	s.WaitLog(t, `127\.0\.7\.1 is DAMPED`)
}

// Everything in two networks falls silent in one moment: it is us.
func TestDrill41OurUplinkIsLost(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.8.1")
	s := start(t, "primary 127.0.7.1", "backup 127.0.8.1", fmt.Sprintf("check http http://www.example.org:%d/", port), quick)
	s.WaitMetric(t, "metrics", "coredns_nsfailover_pool_members_up", 2)
	for _, x := range b {
		x.hang.Store(true)
	}
	s.WaitMetric(t, "metrics", "coredns_nsfailover_isolated", 1)
	failed := func() float64 {
		v, _ := s.Metrics(t, "metrics").Value("coredns_nsfailover_checks_total", "kind=http", "result=timeout")
		return v
	}
	before := failed()
	ask.Until(t, "more checks have failed than it takes", func() error {
		if failed() < before+10 {
			return fmt.Errorf("%v", failed()-before)
		}
		return nil
	})
	wantAddrs(t, s, www, "127.0.7.1")
	if v, _ := s.Metrics(t, "metrics").Value("coredns_nsfailover_failovers_total"); v != 0 {
		t.Errorf("the pool moved %v times", v)
	}
	for _, x := range b {
		x.hang.Store(false)
	}
	s.WaitMetric(t, "metrics", "coredns_nsfailover_isolated", 0)
	b[0].fail() // and now it is the target
	wantAddrs(t, s, www, "127.0.8.1")
}

// Who is to be told cannot be reached: that is counted, and no query waits for it.
func TestDrill47AlertsGoNowhere(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := start(t, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick,
		"}", "nsfailover report {", "alertmanager http://127.0.0.1:1")
	a := ask.Always(t, s.Addr(), "other."+zone, dns.TypeA)
	b[0].fail()
	wantAddrs(t, s, www, "127.0.7.2")
	s.WaitMetricThat(t, "metrics", "coredns_understudy_alerts_total", "≥ 1", func(v float64) bool { return v >= 1 },
		"sink=alertmanager http://127.0.0.1:1", "result=failed")
	b[0].heal()
	wantAddrs(t, s, www, "127.0.7.1")
	a.WantAllAnswered(t, 10)
}
