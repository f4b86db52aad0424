package secondaryplus

import (
	"testing"
	"testing/synctest"
)

// While a reload is under way two zones go by one identity. The files are those of the one that stays.
func TestFilesAreOfTheZoneThatStays(t *testing.T) {
	for want, finish := range map[string]func(s *stage, old, next *Plugin) *Plugin{
		"x.zones." + catz:  func(s *stage, old, _ *Plugin) *Plugin { s.e.abandon(); return old },
		"y.zones." + catz2: func(s *stage, old, next *Plugin) *Plugin { s.e.detach(old); return next },
	} {
		dir := t.TempDir()
		onStage(t, want, func(s *stage) {
			s.set(catz, "x a.test.")
			s.set(catz2, "y a.test.")
			keep := "persist " + dir
			old := s.begin(catz+": catalog\n"+keep, catz2+": "+keep)
			before := s.catalog(old, "a.test.")
			next := s.reload(catz+": "+keep, catz2+": catalog\n"+keep)
			if s.catalog(next, "a.test.") == before {
				s.Fatal("there is one zone only")
			}
			before.keep()
			left := finish(s, old, next)
			synctest.Wait()
			m := s.catalog(left, "a.test.")
			if got, _, err := m.keeper.store.Load(m.id.journal()); err != nil || got.Tag != want {
				s.Errorf("saved is %q, %v", got.Tag, err)
			}
			s.end(left)
		})
	}
}

// A member that ends in one instance's plan does not take the files of another one of its name with it.
func TestErasingLeavesTheFilesOfAnother(t *testing.T) {
	dir := t.TempDir()
	onStage(t, "of the same identity", func(s *stage) {
		s.set(catz, "x a.test.")
		p := s.begin(catz + ": catalog\npersist " + dir)
		m := s.catalog(p, "a.test.")
		m.keeper.flush([]*member{m})
		gone := &member{id: m.id, zone: m.zone, keeper: m.keeper}
		s.e.erase([]*member{gone})
		if _, _, err := m.keeper.store.Load(m.id.journal()); err != nil {
			s.Errorf("the files are gone: %v", err)
		}
		s.update(p, catz)
		if _, _, err := m.keeper.store.Load(m.id.journal()); err == nil {
			s.Error("what the catalog does not list any more is still there")
		}
		s.end(p)
	})
}
