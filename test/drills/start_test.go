package drills_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// zones are the names of n zones at one primary.
func zones(at, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("z%d.at%d.example.", i, at)
	}
	return names
}

// crowded is a block with a stanza for each crowd of zones, and what tells whether it is ready.
func crowded(from []*primary.Crowd, each int) string {
	lines := []string{
		".:{{port}} {", "bind 127.0.0.1", "errors", "ready 127.0.0.1:{{port:ready}}",
		"prometheus 127.0.0.1:{{port:metrics}}",
	}
	for i, c := range from {
		lines = append(lines, "secondaryplus "+strings.Join(zones(i, each), " ")+" {", "transfer from "+c.Addr, "limit idle 1m", "}")
	}
	return strings.Join(append(lines, "}", ""), "\n")
}

// ready says why the server is not ready, if it is not.
func ready(s *understudy.Server) error {
	r, err := http.Get("http://" + s.AddrOf("ready") + "/ready")
	if err != nil {
		return err
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", r.Status)
	}
	return nil
}

// waitHeld waits until every zone has asked for its SOA, and so waits for its turn to transfer, and wants exactly
// so many transfers to run then.
func waitHeld(t *testing.T, from []*primary.Crowd, zones, transfers int) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("%d zones are checked, and %d transfers run", zones, transfers), func() error {
		checks, running := 0, 0
		for _, c := range from {
			checks += int(c.Checks.Load())
			running += int(c.Running.Load())
		}
		if checks < zones || running != transfers {
			return fmt.Errorf("%d checks, %d transfers", checks, running)
		}
		return nil
	})
}

func TestDrill16FiveThousandZonesStartTogetherAgainstOnePrimary(t *testing.T) {
	t.Parallel()
	const n = 5000
	from := primary.StartCrowd(t, "127.0.0.1", true)
	s := understudy.Start(t, understudy.Config{Corefile: crowded([]*primary.Crowd{from}, n)})
	if err := ready(s); err == nil {
		t.Error("ready while no zone is loaded")
	}
	waitHeld(t, []*primary.Crowd{from}, n, 2)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_transfers_running", 2)
	from.Release()
	ask.Until(t, "the server is ready", func() error { return ready(s) })
	for _, z := range zones(0, n) { // at this moment, without waiting
		if got, err := ask.Serial(s.Addr(), z); err != nil || got != 1 {
			t.Fatalf("ready, and %s is answered with serial %d, %v", z, got, err)
		}
	}
	if most, all := from.Most.Load(), from.Transfers.Load(); most != 2 || all != n {
		t.Errorf("%d transfers, of which %d at the same time; want %d and 2", all, most, n)
	}
	if err := ready(s); err != nil {
		t.Errorf("not ready any more: %v", err)
	}
}

// Each primary gives a transfer only when all that may run do.
func TestDrill16TheBoundOfAllPrimariesTogether(t *testing.T) {
	t.Parallel()
	var from []*primary.Crowd
	for i := range 8 {
		from = append(from, primary.StartCrowd(t, fmt.Sprintf("127.0.0.%d", 21+i), true))
	}
	s := understudy.Start(t, understudy.Config{Corefile: crowded(from, 100)})
	waitHeld(t, from, 8*100, 10)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_transfers_running", 10)
	if err := ready(s); err == nil {
		t.Error("ready while no zone is loaded")
	}
	for _, c := range from {
		c.Release()
	}
	ask.Until(t, "the server is ready", func() error { return ready(s) })
	for i, c := range from {
		if most := c.Most.Load(); most > 2 {
			t.Errorf("%s: %d transfers at the same time", c.Addr, most)
		}
		for _, z := range zones(i, 100) {
			if got, err := ask.Serial(s.Addr(), z); err != nil || got != 1 {
				t.Fatalf("ready, and %s is answered with serial %d, %v", z, got, err)
			}
		}
	}
}
