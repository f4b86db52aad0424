package serialguard_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/inbox"
)

// What was put back stays so when the server block gets another key, and that is how the next process finds it.
func TestARollbackOutlivesAnotherKeyOfItsBlock(t *testing.T) {
	t.Parallel()
	in := inbox.Start(t)
	guard := []string{"mode enforce", "report webhook " + in.URL}
	p, s := start(t, calm(1, 20), guard...)
	publish(t, p, s, calm(2, 19))
	ask.WaitSerial(t, s.Addr(), zone, 2)
	wantOrder(t, s, "rollback?serial=1", http.StatusOK, "")
	tell(t, p, s)
	s.WaitLog(t, `serial 2 from .* is HELD: .*serial 1 was put back by order`)
	in.Want(t, `"alert":"CandidateHeld"`, `"state":"firing"`, `"server":"dns://.:`)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_saved_serial", 1, "zone="+zone)
	old := wantMark(t, s.Dir(), "")
	text := strings.Replace(corefile(p, guard...), ".:{{port}} {", zone+":{{port}} {", 1)
	if err := s.TryReload(t, text+"\n.:{{port:other}} {\nbind 192.0.2.1\nwhoami\n}\n"); err == nil {
		t.Fatal("an address that is not there was bound")
	}
	wantMark(t, s.Dir(), "")
	if got, err := ask.Serial(s.Addr(), zone); got != 1 {
		t.Errorf("after a reload that failed serial %d is served: %v", got, err)
	}
	s.Reload(t, text)
	in.Want(t, `"alert":"CandidateHeld"`, `"state":"resolved"`, `"server":"dns://.:`)
	in.Want(t, `"alert":"CandidateHeld"`, `"state":"firing"`, `"server":"dns://example.org.:`)
	wantMark(t, s.Dir(), old)
	s.WaitStatus(t, "status", zone, "held.serial", `^2$`)
	s.Kill9()
	s.Restart(t)
	s.WaitStatus(t, "status", zone, "held.serial", `^2$`)
	if got, err := ask.Serial(s.Addr(), zone); got != 1 {
		t.Fatalf("after the restart serial %d is served: %v", got, err)
	}
	wantOrder(t, s, "resume?wait=true", http.StatusOK, "")
	if got, err := ask.Serial(s.Addr(), zone); got != 2 {
		t.Errorf("serial %d is served: %v", got, err)
	}
}

// wantMark waits until there is one mark of a rollback, which is not the old one, and beside it the zone as it is saved.
func wantMark(t *testing.T, dir, old string) (stem string) {
	t.Helper()
	ask.Until(t, "the mark of a rollback is there", func() error {
		list, err := filepath.Glob(filepath.Join(dir, "guard", "*.rollback"))
		if err == nil && len(list) != 1 {
			err = fmt.Errorf("there are %v", list)
		}
		if err != nil {
			return err
		}
		stem = strings.TrimSuffix(filepath.Base(list[0]), ".rollback")
		saved, err := filepath.Glob(filepath.Join(dir, stem+"*"))
		if err == nil && (len(saved) == 0 || stem == old) {
			err = fmt.Errorf("the mark is %s, the zone %v", stem, saved)
		}
		return err
	})
	return stem
}
