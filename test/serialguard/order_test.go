package serialguard_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

// order posts an order for the zone, waits for its outcome, and returns the status and the document.
func order(t *testing.T, s *understudy.Server, action string) (code int, document map[string]any) {
	t.Helper()
	r, err := http.Post("http://"+s.AddrOf("status")+"/v1/zones/"+zone+"/"+action, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r.StatusCode, document
}

func wantOrder(t *testing.T, s *understudy.Server, action string, want int, reason string) {
	t.Helper()
	code, document := order(t, s, action)
	text, _ := document["error"].(string)
	if code != want || !strings.Contains(text, reason) {
		t.Errorf("%s: %d %v, want %d %q", action, code, document, want, reason)
	}
}

// Only the serial with its digest approves, and only of what is held.
func TestWhatIsHeldIsApprovedByOrder(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce")
	wantOrder(t, s, "approve?serial=1&digest=sha384:"+strings.Repeat("0", 96), http.StatusConflict, "nothing is held")
	publish(t, p, s, calm(2, 0))
	digest := wantHeld(t, s, 2, 1, "deletes", "")
	wantOrder(t, s, "approve?wait=true&serial=2", http.StatusConflict, "not a digest")
	wantOrder(t, s, "approve?wait=true&digest="+digest, http.StatusBadRequest, "a serial is needed")
	wantOrder(t, s, "approve?wait=true&serial=2&digest=sha384:"+strings.Repeat("0", 96), http.StatusConflict, "what is held is serial 2 with "+digest)
	wantOrder(t, s, "approve?wait=true&serial=3&digest="+digest, http.StatusConflict, "what is held is serial 2")
	if got, _ := ask.Serial(s.Addr(), zone); got != 1 {
		t.Fatalf("serial %d is served", got)
	}
	wantOrder(t, s, "approve?wait=true&serial=2&digest="+digest, http.StatusOK, "")
	if got, _ := ask.Serial(s.Addr(), zone); got != 2 {
		t.Errorf("serial %d is served", got)
	}
	s.WaitMetric(t, "metrics", "coredns_serialguard_released_total", 1, "zone="+zone, "how=approved")
	publish(t, p, s, calm(3, 50))
	ask.WaitSerial(t, s.Addr(), zone, 3)
	publish(t, p, s, calm(4, 0)) // the approval was for one version
	wantHeld(t, s, 4, 3, "deletes", "")
}

func TestWhatIsHeldIsApprovedByAFile(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce")
	publish(t, p, s, calm(2, 0))
	digest := wantHeld(t, s, 2, 1, "deletes", "")
	path := filepath.Join(s.Dir(), "guard", "example.org.accept")
	leave := func(text string) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	leave("2\n")
	s.WaitLog(t, `WARNING.*example\.org\.accept: a serial and a digest are needed`)
	leave("3 " + digest + "\n")
	s.WaitLog(t, `WARNING.*example\.org\.accept: that cannot be done: what is held is serial 2`)
	leave("2 " + digest + "\n")
	ask.WaitSerial(t, s.Addr(), zone, 2)
	ask.Until(t, "the file is gone", func() error {
		if _, err := os.Stat(path); err == nil {
			return fmt.Errorf("it is there")
		}
		return nil
	})
}

// What is held is on disk, with what it changes: no primary is needed to look at it and to approve it.
func TestWhatIsHeldOutlivesARestartWithoutItsPrimary(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce")
	publish(t, p, s, calm(2, 10))
	digest := wantHeld(t, s, 2, 1, "deletes", "")
	ask.Until(t, "it is on disk", func() error {
		list, err := filepath.Glob(filepath.Join(s.Dir(), "guard", "*.held"))
		if err == nil && len(list) != 1 {
			err = fmt.Errorf("%v", list)
		}
		return err
	})
	since := heldSince(t, s)
	p.OnAll(silent)
	s.Kill9()
	s.Restart(t)
	s.WaitStatus(t, "status", zone, "held.serial", `^2$`)
	s.WaitStatus(t, "status", zone, "held.difference.deletions", `^40$`)
	s.WaitStatus(t, "status", zone, "held.difference.deleted.0", `^h\d+\.example\.org\.\t300\tIN\tA\t192\.0\.2\.`)
	s.WaitStatus(t, "status", zone, "held.digest", digest)
	if got := heldSince(t, s); got != since {
		t.Errorf("held since %s, not %s", got, since)
	}
	wantOrder(t, s, "approve?serial=2&digest="+digest, http.StatusAccepted, "")
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `released: approved by its digest`)
	ask.Until(t, "it is not on disk any more", func() error {
		list, err := filepath.Glob(filepath.Join(s.Dir(), "guard", "*.held"))
		if err == nil && len(list) != 0 {
			err = fmt.Errorf("%v", list)
		}
		return err
	})
}

// A version that was served before comes back as it was, whatever the primary has, and stays over a restart.
func TestAVersionIsPutBack(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 20))
	for serial := uint32(2); serial <= 5; serial++ {
		publish(t, p, s, calm(serial, 20-int(serial)))
		ask.WaitSerial(t, s.Addr(), zone, serial)
	}
	publish(t, p, s, calm(6, 0)) // nothing is held without 'mode enforce'
	ask.WaitSerial(t, s.Addr(), zone, 6)
	s.WaitStatus(t, "status", zone, "kept_versions.0.serial", `^5$`)
	s.WaitStatus(t, "status", zone, "kept_versions.2.serial", `^3$`)
	s.WaitStatus(t, "status", zone, "kept_versions.3.serial", `^$`)
	wantOrder(t, s, "rollback?serial=2", http.StatusConflict, "serial 2 is none of those that are kept")
	wantOrder(t, s, "resume", http.StatusConflict, "no version was put back")
	wantOrder(t, s, "rollback?serial=4", http.StatusOK, "")
	if got, _ := ask.Serial(s.Addr(), zone); got != 4 {
		t.Fatalf("serial %d is served", got)
	}
	if m := ask.Ask(t, s.Addr(), "h15."+zone, dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("serial 4 has h15: %v", m)
	}
	s.WaitLog(t, `serial 4 \(was 6\) was put back by order`)
	tell(t, p, s)
	s.WaitLog(t, `serial 6 from .* is HELD: .*serial 4 was put back by order`)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_saved_serial", 4, "zone="+zone)
	s.Kill9()
	s.Restart(t)
	s.WaitStatus(t, "status", zone, "held.serial", `^6$`)
	if got, _ := ask.Serial(s.Addr(), zone); got != 4 {
		t.Fatalf("after the restart serial %d is served", got)
	}
	wantOrder(t, s, "rollback?serial=3", http.StatusOK, "")
	wantOrder(t, s, "resume?wait=true", http.StatusOK, "")
	if got, _ := ask.Serial(s.Addr(), zone); got != 6 {
		t.Errorf("serial %d is served", got)
	}
}

func TestWhatIsHeldForTooLongEndsTheZone(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce", "hold_max 2s then servfail")
	publish(t, p, s, calm(2, 0))
	wantHeld(t, s, 2, 1, "deletes", "")
	s.WaitMetricThat(t, "metrics", "coredns_serialguard_hold_deadline_timestamp_seconds", "a time", func(v float64) bool { return v > 1e9 }, "zone="+zone)
	ask.WaitRcode(t, s.Addr(), zone, dns.RcodeServerFailure)
	publish(t, p, s, calm(3, 50))
	ask.WaitSerial(t, s.Addr(), zone, 3)
}

func TestWhatIsHeldForTooLongIsPublished(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce", "hold_max 2s then release")
	publish(t, p, s, calm(2, 0))
	wantHeld(t, s, 2, 1, "deletes", "")
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `released: held for 2s, which is the most`)
}

// In a window everything is published, also what has waited for it.
func TestAWindowOpens(t *testing.T) {
	t.Parallel()
	opens := time.Now().Add(6 * time.Second).UTC()
	p, s := start(t, calm(1, 50), "mode enforce", "window "+opens.Format(time.RFC3339)+" 1h")
	publish(t, p, s, calm(2, 0))
	wantHeld(t, s, 2, 1, "deletes", "")
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `released: the window from .* on is open`)
}
