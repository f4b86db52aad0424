package catalog_test

import (
	"os"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
)

// 84: what is on disk of a removed member goes with it, and a restart does not bring it back.
func Test84ARemovedMemberLeavesNothingOnDisk(t *testing.T) {
	t.Parallel()
	p := startProducer(t)
	p.set(t, catz, catalogOf("a a.example.", "b b.example.")...)
	w := &world{p, startServer(t, corefile(consumer(catz, p.addr, "catalog", "persist {{dir}}")))}
	w.ours.wantServed(t, "a.example.", "b.example.")
	wantFiles(t, w.ours, "a.example", true)
	w.publish(t, catz, catalogOf("b b.example.")...)
	w.ours.wantGone(t, "a.example.")
	wantFiles(t, w.ours, "a.example", false)
	wantFiles(t, w.ours, "b.example", true)
	w.ours.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_saved_serial", 2, "zone="+catz)
	w.ours.Restart(t)
	w.ours.wantServed(t, "b.example.")
	w.ours.wantGone(t, "a.example.")
	if n := w.transferred("b.example."); n != 1 {
		t.Errorf("the member that stayed was transferred %d times", n)
	}
}

// wantFiles waits until there are files of a zone, or none.
func wantFiles(t *testing.T, s *server, zone string, want bool) {
	t.Helper()
	ask.Until(t, "the files of "+zone+" are there, or gone", func() error {
		entries, err := os.ReadDir(s.Dir())
		if err != nil {
			return err
		}
		var names []string
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), zone) {
				names = append(names, e.Name())
			}
		}
		if len(names) > 0 != want {
			return errorf("%q", names)
		}
		return nil
	})
}
