package journal

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
)

// Four files are synced one by one; all who come meanwhile are synced together, and who comes while they are waits for
// the next batch: it may have been written to after this one began.
func TestManyFilesAreSyncedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, bad := make(chan error), errors.New("no disk")
		var batches []int
		s := newTogether(func(list []*os.File) error {
			batches = append(batches, len(list))
			return <-release
		})
		s.few = 0 // else real files would be synced
		errs := make(chan error, 100)
		begin := func(n int) {
			for range n {
				go func() { errs <- s.sync(nil) }()
			}
			synctest.Wait()
		}
		want := func(n int, err error) {
			t.Helper()
			synctest.Wait()
			if len(errs) != n {
				t.Fatalf("%d have ended, not %d", len(errs), n)
			}
			for range n {
				if got := <-errs; !errors.Is(got, err) {
					t.Errorf("%v, not %v", got, err)
				}
			}
		}
		begin(1)
		begin(60)
		want(0, nil)
		release <- nil
		want(1, nil)
		begin(5)
		release <- bad
		want(60, bad)
		release <- nil
		want(5, nil)
		if !slices.Equal(batches, []int{1, 60, 5}) {
			t.Errorf("batches of %v", batches)
		}
	})
}

func TestFilesAreSyncedOneByOneAndTogether(t *testing.T) {
	dir := t.TempDir()
	var batches int
	s := newTogether(func(list []*os.File) error {
		batches++
		return syncAll(dir, list)
	})
	errs := make(chan error)
	file := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		if _, err := f.WriteString(name); err != nil {
			t.Fatal(err)
		}
		return f
	}
	if err := s.sync(file("alone")); err != nil || batches != 0 {
		t.Errorf("%v after %d batches", err, batches)
	}
	s.single, s.running = fewSyncs, true // as many are being synced, and others together
	for i := range 100 {
		f := file(string(rune('A' + i)))
		go func() { errs <- s.sync(f) }()
	}
	synced := func() (n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.next == nil {
			return 0
		}
		return len(s.next.files)
	}
	for synced() < 100 {
		runtime.Gosched()
	}
	s.mu.Lock()
	s.running = false
	s.ended.Broadcast()
	s.mu.Unlock()
	for range 100 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if batches != 1 {
		t.Errorf("%d batches", batches)
	}
	closed := file("closed")
	closed.Close()
	if err := syncAll(dir, []*os.File{file("open"), closed}); err == nil {
		t.Error("a file that is closed has been synced")
	}
}
