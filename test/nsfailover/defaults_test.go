package nsfailover_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
)

// With nothing said of the pace, whoever hangs is replaced in less than twenty seconds, and is not back before hold_down
// is over. Twenty seconds is what is promised, and not how quick a machine is: five are to spare.
func TestDrill42FailoverWithTheDefaults(t *testing.T) {
	t.Parallel()
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := start(t, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port))
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 1, "target=127.0.7.1", "state=UP")
	s.WaitMetric(t, "metrics", "coredns_nsfailover_target_state", 1, "target=127.0.7.2", "state=UP")
	b[0].hang.Store(true)
	begun := time.Now()
	if err := ask.Poll(20*time.Second, func() error { return hasAddrs(s, www, "127.0.7.2") }); err != nil {
		t.Fatalf("twenty seconds after the primary hangs: %v", err)
	}
	t.Logf("the backup is answered after %s", time.Since(begun).Round(100*time.Millisecond))
	b[0].hang.Store(false)
	if os.Getenv("DRILLS") != "all" {
		return
	}
	begun = time.Now()
	if err := ask.Poll(3*time.Minute, func() error { return hasAddrs(s, www, "127.0.7.1") }); err != nil {
		t.Fatalf("three minutes after it is well again: %v", err)
	}
	if took := time.Since(begun); took < 90*time.Second {
		t.Errorf("it is answered again after %s: hold_down is 30 s, and the pool waits for another minute", took)
	}
}
