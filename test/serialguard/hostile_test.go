package serialguard_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/inbox"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// A state directory that is full costs what would be kept there, and nothing else: what is held is held.
func TestAFullStateDirectoryIsNoOutage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("this test mounts a file system, which only root can: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	p, s := start(t, calm(1, 2000), "mode enforce", "state_dir "+dir)
	publish(t, p, s, calm(2, 0))
	digest := wantHeld(t, s, 2, 1, "deletes", "")
	s.WaitLog(t, `ERROR.*what is held cannot be kept on disk: .*no space left on device`)
	s.WaitMetricThat(t, "metrics", "coredns_serialguard_state_errors_total", "≥ 1", func(v float64) bool { return v >= 1 })
	if list, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(list) != 1 || filepath.Base(list[0]) != "serialguard.lock" {
		t.Errorf("half of it is left: %v, %v", list, err)
	}
	wantOrder(t, s, "approve?wait=true&serial=2&digest="+digest, 200, "")
	wantOrder(t, s, "rollback?serial=1", 409, "is none of those that are kept")
	publish(t, p, s, calm(3, 1))
	ask.WaitSerial(t, s.Addr(), zone, 3)
	s.WaitStatus(t, "status", zone, "kept_versions.0.serial", `^2$`) // a small one fits
}

// Reloads neither let go of what is held nor leave anything behind.
func TestReloadsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	in := inbox.Start(t)
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, calm(1, 50))
	text := func(i int) string {
		c := corefile(p, "mode enforce", fmt.Sprintf("release auto %dh", i+1), "report webhook "+in.URL)
		return strings.Replace(c, "errors\n", "errors\npprof 127.0.0.1:{{port:pprof}}\n", 1)
	}
	s := understudy.Start(t, understudy.Config{Corefile: text(0)})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	publish(t, p, s, calm(2, 0))
	wantHeld(t, s, 2, 1, "deletes", "")
	in.Want(t, `"alert":"CandidateHeld"`, `"state":"firing"`)
	for i := range 3 {
		s.Reload(t, text(i))
	}
	goroutines, descriptors := s.Goroutines(t, "pprof"), s.Usage(t).Descriptors
	const reloads = 20
	for i := range reloads {
		s.Reload(t, text(i))
		if err := s.TryReload(t, strings.Replace(text(i), "mode enforce", "mode enforce\nquorum 3", 1)); err == nil {
			t.Fatal("a quorum of 3 with one primary was taken")
		}
	}
	const ofPprof = reloads // CoreDNS's pprof keeps its listener when a start fails after its own
	if now := s.Goroutines(t, "pprof"); now > goroutines+ofPprof+5 {
		t.Errorf("%d goroutines became %d", goroutines, now)
	}
	if now := s.Usage(t).Descriptors; now > descriptors+ofPprof+5 {
		t.Errorf("%d descriptors became %d", descriptors, now)
	}
	s.WaitStatus(t, "status", zone, "held.serial", `^2$`)
	publish(t, p, s, calm(3, 50))
	ask.WaitSerial(t, s.Addr(), zone, 3)
	in.Want(t, `"alert":"CandidateHeld"`, `"state":"resolved"`)
	if n := in.Count(`"state":"firing"`); n != 1 {
		t.Errorf("told %d times that it is held", n)
	}
}

// A process that is killed at any moment of a hold, or of a rollback, comes back with a version that was whole.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 300), "mode enforce")
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_saved_serial", 1, "zone="+zone)
	for serial := uint32(2); serial < 14; serial += 2 {
		publish(t, p, s, calm(serial, 0))
		s.Kill9()
		s.Restart(t)
		s.WaitStatus(t, "status", zone, "held.serial", fmt.Sprintf(`^%d$`, serial))
		if got, err := ask.Serial(s.Addr(), zone); got != serial-1 {
			t.Fatalf("serial %d is served, %v", got, err)
		}
		publish(t, p, s, calm(serial+1, 300-int(serial)))
		ask.WaitSerial(t, s.Addr(), zone, serial+1)
		s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_saved_serial", float64(serial+1), "zone="+zone)
	}
	s.WaitStatus(t, "status", zone, "kept_versions.0.serial", `^11$`)
	wantOrder(t, s, "rollback?serial=11", 200, "")
}
