package restart_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// text is a version with n names of a few dozen octets each. The zone asks for nothing by itself for an hour.
func text(serial, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "@ 300 SOA ns1 hostmaster %d 3600 1 86400 300\n@ 300 NS ns1\nns1 300 A 192.0.2.1\n", serial)
	for i := range n {
		fmt.Fprintf(&b, "n%d 300 TXT \"of serial %d %s\"\n", i, serial, strings.Repeat("x", 40))
	}
	return b.String()
}

// onTmpfs is a server whose state directory is a file system of its own. It is not started.
func onTmpfs(t *testing.T, from *primary.Primary, size string) *understudy.Server {
	t.Helper()
	ours := understudy.New(t, understudy.Config{Corefile: strings.ReplaceAll(corefile, "PRIMARY", from.Addr())})
	if err := syscall.Mount("tmpfs", ours.Dir(), "tmpfs", 0, "size="+size); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("this test mounts a file system, which only root can: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(ours.Dir(), syscall.MNT_DETACH) })
	return ours
}

func waitSaved(t *testing.T, ours *understudy.Server, serial int) {
	t.Helper()
	ours.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_saved_serial", float64(serial))
}

// wantVersion looks at what is served, record by record.
func wantVersion(t *testing.T, ours *understudy.Server, zoneText string) {
	t.Helper()
	want := ask.Lines(primary.Parse(t, zone, zoneText))
	if got := ask.AXFR(t, ours.Addr(), zone, nil); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("served are %d records, %d were expected", len(got), len(want))
	}
}

func TestDrill17DiskFull(t *testing.T) {
	from := primary.Start(t, primary.Config{Zone: zone})
	from.Publish(t, text(1, 100))
	ours := onTmpfs(t, from, "64k")
	ours.Restart(t)
	waitSaved(t, ours, 1)

	from.Publish(t, text(2, 2000))
	from.NotifyTo(t, ours.Addr(), nil)
	ask.WaitSerial(t, ours.Addr(), zone, 2)
	wantVersion(t, ours, text(2, 2000))
	ours.WaitMetricThat(t, "metrics", "coredns_secondaryplus_journal_errors_total", "> 0", func(v float64) bool { return v > 0 })
	ours.WaitLog(t, `\[ERROR\].*example\.org\.: serial 2 could not be saved.*no space left on device`)
	waitSaved(t, ours, 1)
	ours.WaitStatus(t, "status", zone, "serial", "^2$")
	ours.WaitStatus(t, "status", zone, "persist.serial", "^1$")
	ours.WaitStatus(t, "status", zone, "persist.errors", "^[1-9]")

	ours.Kill9()
	from.OnAll(primary.Refused())
	ours.Restart(t)
	wantVersion(t, ours, text(1, 100))

	// There is room again: what is served is saved, without a new version.
	from.OnAll()
	from.NotifyTo(t, ours.Addr(), nil)
	ask.WaitSerial(t, ours.Addr(), zone, 2)
	ours.WaitMetricThat(t, "metrics", "coredns_secondaryplus_journal_errors_total", "> 0", func(v float64) bool { return v > 0 })
	if err := syscall.Mount("tmpfs", ours.Dir(), "tmpfs", syscall.MS_REMOUNT, "size=4m"); err != nil {
		t.Fatal(err)
	}
	waitSaved(t, ours, 2)
	ours.WaitLog(t, `zones can be saved in .* again`)
	ours.Kill9()
	from.OnAll(primary.Refused())
	ours.Restart(t)
	wantVersion(t, ours, text(2, 2000))
}

func TestDrill19AFlippedBit(t *testing.T) {
	from := primary.Start(t, primary.Config{Zone: zone})
	from.Publish(t, text(1, 100))
	ours := start(t, from.Addr())
	waitSaved(t, ours, 1)
	ours.Stop()
	files, err := filepath.Glob(filepath.Join(ours.Dir(), "*example.org*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files are kept (%v)", err)
	}
	for _, file := range files {
		saved, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, len(saved) / 2, len(saved) - 1} {
			damaged := append([]byte(nil), saved...)
			damaged[at] ^= 4
			if err := os.WriteFile(file, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			mark := ours.Mark()
			ours.Restart(t)
			ask.WaitSerial(t, ours.Addr(), zone, 1)
			wantVersion(t, ours, text(1, 100))
			ours.WaitLogFrom(t, mark, `example\.org\.: .*(not usable|damaged)`)
			waitSaved(t, ours, 1)
			ours.Stop()
		}
		if err := os.WriteFile(file, saved, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDrill20AReadOnlyDirectory(t *testing.T) {
	from := primary.Start(t, primary.Config{Zone: zone})
	from.Publish(t, text(1, 100))
	ours := onTmpfs(t, from, "4m")
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("tmpfs", ours.Dir(), "tmpfs", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	if _, err := understudy.TryStart(t, understudy.Config{
		Corefile: strings.ReplaceAll(strings.ReplaceAll(corefile, "PRIMARY", from.Addr()), "{{dir}}", ours.Dir()),
	}); err == nil || !strings.Contains(err.Error(), "Corefile:8") || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a start with a read-only directory: %v", err)
	}
	remount(0)
	ours.Restart(t)
	waitSaved(t, ours, 1)

	remount(syscall.MS_RDONLY)
	from.Publish(t, text(2, 100))
	from.NotifyTo(t, ours.Addr(), nil)
	ask.WaitSerial(t, ours.Addr(), zone, 2)
	ours.WaitLog(t, `\[ERROR\].*serial 2 could not be saved.*read-only file system`)
	ours.WaitMetricThat(t, "metrics", "coredns_secondaryplus_journal_errors_total", "> 0", func(v float64) bool { return v > 0 })
	ours.WaitStatus(t, "status", zone, "persist.serial", "^1$")
	ours.WaitStatus(t, "status", zone, "persist.errors", "^[1-9]")
	remount(0)
	waitSaved(t, ours, 2)
	ours.WaitStatus(t, "status", zone, "persist.serial", "^2$")
	ours.WaitStatus(t, "status", zone, "persist.directory", "^"+ours.Dir()+"$")
}

// A saved unknown type is answered as it came.
func TestDrill38AnUnknownTypeSurvivesARestart(t *testing.T) {
	from := primary.Start(t, primary.Config{Zone: zone})
	from.Publish(t, text(1, 3))
	ours := start(t, from.Addr())
	ask.WaitSerial(t, ours.Addr(), zone, 1)
	const unknown = "odd 300 TYPE65280 \\# 5 0a00ff4142\n"
	from.Publish(t, text(2, 3)+unknown)
	from.NotifyTo(t, ours.Addr(), nil)
	ask.WaitSerial(t, ours.Addr(), zone, 2)
	from.OnAll(primary.Refused())
	ours.Restart(t)
	wantVersion(t, ours, text(2, 3)+unknown)
	m := ask.Ask(t, ours.Addr(), "odd."+zone, 65280)
	if len(m.Answer) != 1 || !strings.HasSuffix(m.Answer[0].String(), `\# 5 0a00ff4142`) {
		t.Errorf("answered %v", m.Answer)
	}
}
