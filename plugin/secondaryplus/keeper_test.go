package secondaryplus

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/journal"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// shelf is a state directory that is as slow and as bad as it is told.
type shelf struct {
	mu     sync.Mutex
	gate   chan struct{} // nil: a save does not wait
	broken bool
	begun  []string // saves, by zone
	active map[string]int
	closed bool
}

var errShelf = errors.New("the shelf is broken")

func (s *shelf) Save(id journal.ID, _ journal.State) error {
	s.mu.Lock()
	gate := s.gate
	s.begun = append(s.begun, id.Zone)
	if s.active[id.Zone]++; s.active[id.Zone] > 1 {
		panic("a zone is saved twice at a time")
	}
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active[id.Zone]--
	if s.broken {
		return errShelf
	}
	return nil
}

func (s *shelf) Load(journal.ID) (journal.State, journal.Recovery, error) {
	return journal.State{}, journal.Recovery{}, journal.ErrNone
}
func (s *shelf) Reserve(journal.ID) {}
func (s *shelf) Hurry() func()      { return func() {} }

func (s *shelf) Remove(journal.ID) error { return nil }
func (s *shelf) Close() error            { s.closed = true; return nil }

func (s *shelf) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// want checks which saves have begun since it was called last.
func (s *shelf) want(t *testing.T, zones ...string) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.begun)
	if !slices.Equal(s.begun, zones) {
		t.Errorf("saved are %v, not %v", s.begun, zones)
	}
	s.begun = nil
}

func plainLabel(m *member, _ *zone.Version) (journal.ID, string, bool) {
	return journal.ID{Zone: m.zone.Name()}, "", true
}

// loadedMember is a zone that has a version.
func loadedMember(t *testing.T, name string) *member {
	t.Helper()
	apex := owner.MustParse(name)
	txn := zone.Replace(apex, nil)
	if err := txn.Add(zone.RR{Owner: apex, Type: dns.TypeSOA, Data: make([]byte, 22)}); err != nil {
		t.Fatal(err)
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	m := &member{zone: refresh.NewZone(apex, &refresh.Config{})}
	m.zone.Restore(refresh.State{Published: zone.Published{Version: v}}, time.Now())
	return m
}

// withKeeper plays with a keeper and three loaded zones, and closes the keeper.
func withKeeper(t *testing.T, sentence string, play func(t *testing.T, s *shelf, k *keeper, a, b, c *member)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &shelf{active: map[string]int{}}
			k := newKeeper("/shelf", s, plainLabel)
			k.most = 4
			play(t, s, k, loadedMember(t, "a."), loadedMember(t, "b."), loadedMember(t, "c."))
			k.close()
			if len(k.states) != 0 && !s.broken || len(k.queue) != 0 || !s.closed {
				t.Errorf("left: %v, %v", k.states, k.queue)
			}
		})
	})
}

func TestKeeperSaves(t *testing.T) {
	withKeeper(t, "again what changed meanwhile, once", func(t *testing.T, s *shelf, k *keeper, a, b, _ *member) {
		gate := make(chan struct{})
		s.set(func() { s.gate = gate })
		k.save(a)
		s.want(t, "a.")
		for range 3 {
			k.save(a) // does not wait, and saves nothing at the same time
		}
		k.save(b)
		s.want(t, "b.")
		s.set(func() { s.gate = nil })
		close(gate)
		s.want(t, "a.")
	})
	withKeeper(t, "nothing of a zone without content, or that is not to be saved", func(t *testing.T, s *shelf, k *keeper, a, _, _ *member) {
		k.save(&member{zone: refresh.NewZone(owner.MustParse("x."), &refresh.Config{})})
		k.label = func(*member, *zone.Version) (journal.ID, string, bool) { return journal.ID{}, "", false }
		k.save(a)
		s.want(t)
		if a.savedSerial.Load() != 0 {
			t.Error("it counts as saved")
		}
	})
	withKeeper(t, "no longer than a while when it ends", func(t *testing.T, s *shelf, k *keeper, a, _, _ *member) {
		gate := make(chan struct{})
		s.set(func() { s.gate = gate })
		for _, name := range []string{"d.", "e.", "f.", "g."} {
			k.save(loadedMember(t, name))
		}
		k.save(a)
		s.want(t, "d.", "e.", "f.", "g.")
		go func() {
			<-time.After(longestEnd + time.Second)
			close(gate)
		}()
		k.close()
		s.want(t)
		s.closed = false
		k.closing = false
	})
	withKeeper(t, "what is left when it ends, and nothing new then", func(t *testing.T, s *shelf, k *keeper, a, b, c *member) {
		k.save(a)
		k.save(b)
		k.close()
		k.save(c)
		k.flush([]*member{c})
		s.want(t, "a.", "b.")
		s.closed = false
		k.closing = false // for the close that follows
	})
}

func TestKeeperTriesAgain(t *testing.T) {
	withKeeper(t, "ever more seldom, and all at once when one succeeds", func(t *testing.T, s *shelf, k *keeper, a, b, c *member) {
		s.set(func() { s.broken = true })
		k.save(a)
		s.want(t, "a.")
		k.save(a) // it will be, when it is tried again
		s.want(t)
		for _, pause := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
			<-time.After(pause - time.Millisecond)
			s.want(t)
			<-time.After(time.Millisecond)
			s.want(t, "a.")
		}
		k.save(b)
		s.want(t, "b.")
		s.set(func() { s.broken = false })
		k.save(c)
		s.want(t, "a.", "b.", "c.")
		if a.savedSerial.Load() == 0 || a.journalErrors.Load() != 5 {
			t.Errorf("saved %d, %d errors", a.savedSerial.Load(), a.journalErrors.Load())
		}
		<-time.After(time.Hour)
		s.want(t)
	})
	withKeeper(t, "no more seldom than every minute", func(t *testing.T, s *shelf, k *keeper, a, _, _ *member) {
		s.set(func() { s.broken = true })
		k.save(a)
		<-time.After(time.Hour)
		synctest.Wait()
		s.set(func() { s.begun = nil })
		<-time.After(longestRetry)
		s.want(t, "a.")
	})
	withKeeper(t, "once more when it ends", func(t *testing.T, s *shelf, k *keeper, a, _, _ *member) {
		s.set(func() { s.broken = true })
		k.save(a)
		s.want(t, "a.")
		s.set(func() { s.broken = false })
		k.close()
		s.want(t, "a.")
		k.closing = false
	})
}

func TestKeeperLetsGo(t *testing.T) {
	withKeeper(t, "of a zone that ended, when it is saved", func(t *testing.T, s *shelf, k *keeper, a, _, _ *member) {
		gate, ended := make(chan struct{}), false
		s.set(func() { s.gate = gate })
		go func() { k.flush([]*member{a}); ended = true }()
		s.want(t, "a.")
		if ended {
			t.Error("it did not wait")
		}
		close(gate)
		synctest.Wait()
		if !ended {
			t.Error("it still waits")
		}
	})
	withKeeper(t, "of many at once, and of those that it does not get to in time unsaved", func(t *testing.T, s *shelf, k *keeper, a, b, _ *member) {
		gate, begun, ended := make(chan struct{}), time.Now(), false
		s.set(func() { s.gate = gate })
		list := []*member{a, b}
		for _, name := range []string{"d.", "e.", "f.", "g."} {
			list = append(list, loadedMember(t, name))
		}
		go func() { k.flush(list); ended = true }()
		s.want(t, "a.", "b.", "d.", "e.")
		<-time.After(longestEnd + time.Second)
		if synctest.Wait(); ended {
			t.Error("it did not wait for those that are being saved")
		}
		s.set(func() { s.gate = nil })
		close(gate)
		s.want(t)
		if !ended || list[5].savedSerial.Load() != 0 || a.savedSerial.Load() == 0 || time.Since(begun) > longestEnd+time.Second {
			t.Errorf("ended: %v, saved %d and %d", ended, a.savedSerial.Load(), list[5].savedSerial.Load())
		}
	})
	withKeeper(t, "of one that cannot be saved, after another try", func(t *testing.T, s *shelf, k *keeper, a, _, _ *member) {
		s.set(func() { s.broken = true })
		k.save(a)
		s.want(t, "a.")
		k.flush([]*member{a})
		s.want(t, "a.")
		<-time.After(time.Hour)
		s.want(t)
	})
	withKeeper(t, "of one that is kept elsewhere from now on", func(t *testing.T, s *shelf, k *keeper, a, b, c *member) {
		gate := make(chan struct{})
		s.set(func() { s.gate, s.broken = gate, true })
		other := &shelf{active: map[string]int{}}
		next := newKeeper("/other", other, plainLabel)
		for _, m := range []*member{a, b} {
			m.keeper = k
			m.keep()
		}
		s.want(t, "a.", "b.")
		a.keep()
		a.keepIn(next)
		b.keepIn(nil)
		other.want(t, "a.")
		close(gate)
		s.want(t)
		<-time.After(time.Hour) // none of them is tried again
		s.want(t)
		if a.savedSerial.Load() == 0 || b.savedSerial.Load() != 0 {
			t.Errorf("saved are %d and %d", a.savedSerial.Load(), b.savedSerial.Load())
		}
		next.close()
		s.set(func() { s.broken = false })
	})
}
