package serialguard

import (
	"github.com/understudy-dns/understudy/plugin/corefile"

	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A rig has watches of two Corefiles, each with a fake of its own.
type rig struct {
	*watches
	old, young       *watch
	oldFake, newFake *fake
	*diary
	gone map[*corefile.Corefile]bool
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{oldFake: new(fake), newFake: new(fake), gone: make(map[*corefile.Corefile]bool)}
	r.watches = newWatches(func(f *corefile.Corefile) bool { return !r.gone[f] })
	r.oldFake.serve(t, 5, hosts(20)...)
	r.newFake.serve(t, 5, hosts(19)...)
	r.old, r.diary = watchOf(r.oldFake)
	r.young, _ = watchOf(r.newFake)
	r.young.warn, r.young.info = r.write, r.write
	t.Cleanup(func() { r.shifts.Detach(r.old); r.shifts.Detach(r.young) })
	r.attach(r.old)
	synctest.Wait()
	r.news()
	return r
}

func TestANewWatchWaitsForTheEndOfTheOldOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.attach(r.young)
		if news := after(3*time.Hour, r.diary); news != "" || len(r.newFake.transfers()) > 0 {
			t.Errorf("it does not wait: %s", news)
		}
		r.gone[r.old.Of] = true
		r.shifts.Detach(r.old)
		r.oldFake.transfers()
		if news := after(time.Second, r.diary); !strings.Contains(news, "same-serial (warn): content changed (1 record deleted, 0 added)") {
			t.Errorf("it knows nothing of what was before: %q", news)
		}
		if after(3*time.Hour, r.diary); len(r.oldFake.transfers()) > 0 {
			t.Error("the old one goes on")
		}
	})
}

func TestTheOldWatchGoesOnWhenTheNewInstanceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.attach(r.young)
		r.gone[r.young.Of] = true
		r.shifts.Failed()
		r.oldFake.serve(t, 5, hosts(18)...)
		if news := after(2*time.Hour, r.diary); !strings.Contains(news, "same-serial (warn): content changed (2 records deleted, 0 added)") || strings.Contains(news, "\n") {
			t.Errorf("%q", news)
		}
		if len(r.newFake.transfers()) > 0 {
			t.Error("the new one was started")
		}
	})
}

// A restart "fails" also when the new instance serves, and the end of some plugin of the old one brought an error.
func TestTheNewWatchBeginsWhenTheOldInstanceEndedWithAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.attach(r.young)
		r.gone[r.old.Of] = true
		r.shifts.Failed()
		if news := after(time.Second, r.diary); !strings.Contains(news, "same-serial") {
			t.Errorf("%q", news)
		}
		r.oldFake.transfers()
		if after(3*time.Hour, r.diary); len(r.oldFake.transfers()) > 0 {
			t.Error("the old one goes on")
		}
	})
}

// Nobody is told when the first Corefile with a watch fails to start.
func TestWhatIsLeftOfAFailedStartIsEndedByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.gone[r.old.Of] = true
		r.attach(r.young)
		if news := after(time.Second, r.diary); !strings.Contains(news, "plugin fake") {
			t.Errorf("the next does not begin: %q", news)
		}
		r.oldFake.transfers()
		if after(3*time.Hour, r.diary); len(r.oldFake.transfers()) > 0 {
			t.Error("the failed one goes on")
		}
	})
}

func TestZonesThatNobodyWatchesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.shifts.Detach(r.old)
		if len(r.seen) > 0 {
			t.Errorf("%d zones are kept", len(r.seen))
		}
		r.attach(r.young)
		if news := after(time.Second, r.diary); !strings.HasPrefix(news, "example.org.: serial 5 of plugin fake is watched") {
			t.Errorf("%q", news)
		}
	})
}
