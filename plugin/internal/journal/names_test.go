package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestZonesKeepToTheirFiles(t *testing.T) {
	s := open(t, t.TempDir())
	ids := []ID{
		example, {"example.org.", "inside", example.Key}, {"example.org.", "", "dns://.:1053"}, {".", "", ""},
		{`a\.b.example.`, "", ""}, {"a.b.example.", "", ""}, {"con.", "", ""}, {`\000\\/..`, "", ""},
		{strings.Repeat("123456789012345678901234567890123456789012345678901234567890.", 4), "", ""},
		{strings.Repeat("123456789012345678901234567890123456789012345678901234567890.", 3) + "x.", "", ""},
		{strings.Repeat(`\255`, 60) + ".", strings.Repeat("view", 100), strings.Repeat("key", 100)},
	}
	for i, id := range ids {
		save(t, s, id, state(fresh(t, apex, uint32(i+1)), i))
	}
	s = reopened(t, s)
	for i, id := range ids {
		want(t, s, id, state(fresh(t, apex, uint32(i+1)), i))
	}
	for _, name := range fileNames(t, s.dir) {
		if len(name) > 200 || name != strings.ToLower(name) || strings.ContainsAny(name, `/\:*?"<>| `) {
			t.Errorf("file name %q", name)
		}
	}
	if err := s.Remove(ids[1]); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(ids[1]); err != nil {
		t.Fatal("removed again: ", err)
	}
	s = reopened(t, s)
	if _, _, err := s.Load(ids[1]); !errors.Is(err, ErrNone) {
		t.Errorf("removed, and loaded: %v", err)
	}
	want(t, s, ids[0], state(fresh(t, apex, 1), 0))
}

// Only the key of the server block changed: the zone is the one of its name and view, and moves to its new name.
func TestZoneWithANewKeyIsFound(t *testing.T) {
	s := open(t, t.TempDir())
	st := state(changes(t, 3)[3], 1)
	save(t, s, example, st)
	moved, elsewhere := example, example
	moved.Key, elsewhere.View = "dns://.:1053", "inside"

	if _, _, err := s.Load(moved); !errors.Is(err, ErrNone) {
		t.Errorf("taken from a zone that is in use: %v", err)
	}
	s = reopened(t, s)
	if _, _, err := s.Load(elsewhere); !errors.Is(err, ErrNone) {
		t.Errorf("taken from another view: %v", err)
	}
	want(t, s, moved, st)
	save(t, s, moved, st)
	s = reopened(t, s)
	want(t, s, moved, st)
	if names := fileNames(t, s.dir); len(names) != 3 {
		t.Errorf("old files are still there: %q", names)
	}
	save(t, s, example, st)
	third := example
	third.Key = "dns://.:2053"
	if _, _, err := reopened(t, s).Load(third); !errors.Is(err, ErrNone) {
		t.Errorf("taken from one of two: %v", err)
	}
}

func TestRemovedUnderItsNewKey(t *testing.T) {
	s := open(t, t.TempDir())
	st := state(changes(t, 3)[3], 1)
	save(t, s, example, st)
	s = reopened(t, s)
	moved := example
	moved.Key = "dns://.:1053"
	want(t, s, moved, st)
	if err := s.Remove(moved); err != nil {
		t.Fatal(err)
	}
	if names := fileNames(t, s.dir); len(names) != 1 {
		t.Errorf("still there: %q", names)
	}
}

// A zone that comes later than the one that took its files still has them.
func TestAdoptedFilesGoBackToTheirZone(t *testing.T) {
	s := open(t, t.TempDir())
	st := state(changes(t, 3)[3], 1)
	save(t, s, example, st)
	s = reopened(t, s)
	moved := example
	moved.Key = "dns://.:1053"
	want(t, s, moved, st)
	want(t, s, example, st)
	save(t, s, moved, st)
	s = reopened(t, s)
	if names := fileNames(t, s.dir); len(names) != 5 {
		t.Errorf("two zones with a journal, and %q", names)
	}
	want(t, s, example, st)
	want(t, s, moved, st)
}

func TestDirectoryIsLocked(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := Open(s.dir); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), s.dir) {
		t.Errorf("opened twice: %v", err)
	}
	s = reopened(t, s)
	info, err := os.Stat(s.dir)
	if err != nil || !info.IsDir() {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(s.dir, "lock", "x")); err == nil {
		t.Error("a directory below a file was opened")
	}
}

// Zones do not wait for each other, nor disturb each other.
func TestZonesAreSavedAtTheSameTime(t *testing.T) {
	s := open(t, t.TempDir())
	steps := changes(t, 5)
	life := func(s *Store, id ID, saved bool) {
		if got, _, err := s.Load(id); saved && (err != nil || differ(got, state(steps[5], 5)) != "") {
			t.Errorf("%v: %v", id, err)
		}
		for i, p := range steps {
			if err := s.Save(id, state(p, i)); err != nil {
				t.Error(err)
			}
		}
	}
	for round := range 3 {
		var all sync.WaitGroup
		for i := range 16 {
			// Zones of one name, half of them with a new key each time.
			id := ID{fmt.Sprintf("z%d.example.", i/4), fmt.Sprint(i % 4), fmt.Sprint(round * (i % 2))}
			all.Go(func() { life(s, id, round > 0) })
		}
		all.Wait()
		s = reopened(t, s)
	}
	if names := fileNames(t, s.dir); len(names) != 1+2*16 {
		t.Errorf("%d files: %q", len(names), names)
	}
}

func TestFilesAreForOurEyesOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "zones")
	s := open(t, dir)
	save(t, s, example, state(changes(t, 3)[3], 1))
	for _, name := range append(fileNames(t, dir), ".") {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

func fileNames(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func size(t testing.TB, dir, name string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// A reload that fails after its zones were loaded does not take the files of the key before from the next one.
func TestAdoptedFilesAreFoundAgain(t *testing.T) {
	s := open(t, t.TempDir())
	st := state(changes(t, 2)[2], 1)
	save(t, s, example, st)
	s = reopened(t, s)
	renamed := ID{example.Zone, example.View, "tls://.:853"}
	for range 2 {
		want(t, s, renamed, st)
	}
	save(t, s, renamed, st)
	want(t, s, renamed, st)
}
