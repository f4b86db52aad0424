package journal

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// Whoever waits while a sync runs is not content with it: it may have begun before the rename. All who wait meanwhile
// share the next one, and its error.
func TestASyncIsSharedByThoseWhoCameBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, bad := make(chan error), errors.New("no disk")
		var syncs atomic.Int32
		s := newSharedSync(func() error { syncs.Add(1); return <-release })
		errs := make(chan error, 101)
		wait := func(n int) {
			for range n {
				go func() { errs <- s.wait() }()
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
		wait(1)
		wait(100)
		release <- nil
		want(1, nil)
		release <- bad
		want(100, bad)
		wait(1)
		release <- nil
		want(1, nil)
		if n := syncs.Load(); n != 3 {
			t.Errorf("%d syncs", n)
		}
	})
}
