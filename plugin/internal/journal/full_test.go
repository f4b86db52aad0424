//go:build linux

package journal

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// mount mounts a small file system, or skips the test, but not in CI.
func mount(t *testing.T, flags uintptr) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, "size=256k"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestReadOnlyDirectoryIsAnError(t *testing.T) {
	dir := mount(t, syscall.MS_RDONLY)
	for _, path := range []string{dir, filepath.Join(dir, "zones")} {
		if _, err := Open(path); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A disk that is really full: the state before stays, and after room is made all is well.
func TestDiskIsFull(t *testing.T) {
	dir := mount(t, 0)
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { s.Close() }()
	last := state(changes(t, 1)[1], 1)
	save(t, s, example, last)
	ballast := filepath.Join(dir, "ballast")
	for i, blob := range []int{100, 6_000, 60_000} { // to append, and to write anew
		blobs := []zone.RR{}
		for b := range blob/1000 + 1 {
			blobs = append(blobs, rr(fmt.Sprintf("b%d.example.org.", i), 65280, append(make([]byte, min(blob, 1000)), byte(b))...))
		}
		st := state(next(t, last.Published, uint32(10+i), nil, blobs), 2)
		fill(t, ballast)
		before := size(t, dir, stem(groupOf(example), keyPart(example.Key))+journalSuffix)
		if err := s.Save(example, st); i > 0 && !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%d octets on a full disk: %v", blob, err)
		} else if err == nil {
			last = st // there was room in the last page
		} else if now := size(t, dir, stem(groupOf(example), keyPart(example.Key))+journalSuffix); now != before {
			t.Errorf("the journal grew from %d to %d octets", before, now)
		}
		want(t, s, example, last)
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		save(t, s, example, st)
		last = st
		s.Close()
		if s, err = Open(dir); err != nil {
			t.Fatal(err)
		}
		want(t, s, example, last)
	}
}

// fill leaves no room on the file system.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

const childDirectory = "UNDERSTUDY_JOURNAL_CHILD"

// TestKilled kills a process that saves in a loop, and looks at what it left, again and again. The serial says
// what all records must be.
func TestKilled(t *testing.T) {
	if dir := os.Getenv(childDirectory); dir != "" {
		saveForever(t, dir)
	}
	dir := t.TempDir()
	least := 0
	for round := range 50 {
		reached := killed(t, dir, 3+round%7)
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		got, recovery, err := s.Load(example)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		serial := int(got.Version.Serial())
		if content(got.Version) != content(atSerial(t, serial)) || !leadTo(got.Deltas, got.Version) {
			t.Fatalf("round %d: serial %d is a mixture (%v)", round, serial, recovery.Reason)
		}
		if serial < reached || serial < least {
			t.Fatalf("round %d: serial %d, after %d was saved", round, serial, max(reached, least))
		}
		least = serial
		s.Close()
	}
}

// killed starts the process, kills it after so many saves, and returns the last serial that it saved.
func killed(t *testing.T, dir string, saves int) (serial int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	child.Env = append(os.Environ(), childDirectory+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if serial, err = strconv.Atoi(lines.Text()); err != nil {
			t.Errorf("the process says %s", lines.Text())
		}
		if saves--; saves == 0 {
			child.Process.Kill()
		}
	}
	child.Wait()
	if saves > 0 {
		t.Fatal("the process ended by itself")
	}
	return serial
}

// atSerial is the zone that has the serial: records that depend on it, and many that do not.
func atSerial(t testing.TB, serial int) *zone.Version {
	list := []zone.RR{rr(fmt.Sprintf("h%d.example.org.", serial), dns.TypeA, 192, 0, 2, byte(serial))}
	for i := range 300 {
		text := strings.Repeat(fmt.Sprint(serial%7+i), 40)
		list = append(list, rr(fmt.Sprintf("t%d.example.org.", i), dns.TypeTXT, append([]byte{byte(len(text))}, text...)...))
	}
	return fresh(t, apex, uint32(serial), list...).Version
}

// saveForever goes on from what is saved, by deltas and now and then by a new snapshot, and prints what is saved.
func saveForever(t *testing.T, dir string) {
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	st, _, err := s.Load(example)
	if errors.Is(err, ErrNone) {
		st = state(zone.Published{Version: atSerial(t, 1)}, 1)
	} else if err != nil {
		t.Fatal(err)
	}
	var z zone.Zone
	z.Restore(st.Published)
	for serial := int(st.Version.Serial()) + 1; ; serial++ {
		txn := zone.Replace(apex, z.Current())
		for r := range atSerial(t, serial).All() {
			txn.Add(r)
		}
		v, d, err := txn.Commit()
		if err != nil {
			t.Fatal(err)
		}
		z.Publish(v, d, zone.Room{})
		if err := s.Save(example, state(z.Published(), serial)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(os.Stdout, serial)
	}
}
