package secondaryplus

import "testing"

func TestCooMovesAZoneToOtherPrimaries(t *testing.T) {
	onStage(t, "what a reload would change is changed by its commit only", func(s *stage) {
		s.set(catz, "a a.test. "+catz2)
		s.set(catz2)
		stanzas := func() []string {
			return []string{catz + ": catalog", catz2 + ": transfer from 127.0.0.1:2\n catalog"}
		}
		old := s.begin(stanzas()...)
		a := s.catalog(old, "a.test.")
		next := s.reload(stanzas()[1], catz+": transfer from 127.0.0.1:2\n transfer from 127.0.0.1:3\n catalog")
		if n := len(a.zone.Config().Primaries); n != 1 {
			t.Errorf("%d primaries before anything happens", n)
		}
		s.update(old, catz2, "a a.test.")
		if n := len(a.zone.Config().Primaries); s.catalog(old, "a.test.") != a || s.catalog(next, "a.test.") != a || n != 2 || a.origin.catalog != catz2 {
			t.Errorf("%d primaries, %+v", n, a.origin)
		}
		s.e.detach(old)
		if _, n := s.asked("a.test."); n != 1 || s.catalog(next, "a.test.") != a {
			t.Errorf("the zone did not outlive the reload; it was fetched %d times", n)
		}
		s.end(next)
	})
}

func TestAReloadHandsMembersOver(t *testing.T) {
	onStage(t, "at once, and while both instances are there they change together", func(s *stage) {
		s.set(catz, "a a.test.", "b b.test.")
		old := s.begin(catz + ": catalog")
		next := s.reload(catz + ": catalog")
		s.wantServed(next, "a.test.", "b.test.")
		if _, n := s.asked("a.test."); n != 1 || s.catalog(old, "a.test.") != s.catalog(next, "a.test.") {
			t.Error("the new instance has another zone")
		}
		s.update(old, catz, "x a.test.", "c c.test.")
		for _, p := range []*Plugin{old, next} {
			s.wantServed(p, "a.test.", "c.test.")
		}
		if s.catalog(old, "a.test.") != s.catalog(next, "a.test.") || s.members() != 3 {
			t.Errorf("the instances have different zones; %d members", s.members())
		}
		s.e.detach(old)
		s.wantServed(next, "a.test.", "c.test.")
		s.update(next, catz, "c c.test.")
		s.wantServed(next, "c.test.")
		s.end(next)
	})
	onStage(t, "a hold stays, and ends in the new instance", func(s *stage) {
		twelve, names := many(12)
		s.set(catz, twelve...)
		old := s.begin(catz + ": catalog")
		s.update(old, catz)
		next := s.reload(catz + ": catalog")
		s.e.detach(old)
		s.wantServed(next, names...)
		if n := s.e.releaseCatalog(s.catalog(next, catz)); n != 12 {
			t.Errorf("%d were released", n)
		}
		s.wantServed(next)
		s.end(next)
	})
	onStage(t, "a zone that becomes a catalog lists its members at once", func(s *stage) {
		s.set(catz, "a a.test.")
		old := s.begin(catz + ": ixfr on")
		next := s.reload(catz + ": catalog")
		s.wantServed(next, "a.test.")
		s.e.detach(old)
		after := s.reload(catz + ": ixfr on") // and none when it is none any more
		s.e.detach(next)
		s.wantServed(after)
		if s.members() != 1 || s.catalog(after, catz).listing != nil {
			t.Error("something of the catalog is left")
		}
		s.end(after)
	})
}

func TestAFailedReloadLeavesNoMembers(t *testing.T) {
	onStage(t, "those that only the new one has", func(s *stage) {
		s.set(catz, "a a.test.", "b b.example.")
		old := s.begin(catz + ": catalog test")
		next := s.reload(catz + ": catalog")
		s.wantServed(next, "a.test.", "b.example.")
		s.wantServed(old, "a.test.")
		s.update(old, catz, "a a.test.", "b b.example.", "c c.test.", "d d.example.")
		s.wantServed(next, "a.test.", "b.example.", "c.test.", "d.example.")
		s.e.abandon()
		s.wantServed(old, "a.test.", "c.test.")
		if s.members() != 3 || s.e.inventories()[s.catalog(old, catz).id].served != 2 {
			t.Errorf("%d members, %+v", s.members(), s.e.inventories())
		}
		s.end(old)
	})
	onStage(t, "a catalog that was to be one is none", func(s *stage) {
		s.set(catz, "a a.test.")
		old := s.begin(catz + ": ")
		s.reload(catz + ": catalog")
		if n := len(s.e.inventories()); n != 1 {
			t.Errorf("%d catalogs while the reload is under way", n)
		}
		s.e.abandon()
		if n := len(s.e.inventories()); n != 0 {
			t.Errorf("%d catalogs after it failed", n)
		}
		s.end(old)
	})
	onStage(t, "those that were to take the place of others", func(s *stage) {
		s.set(catz, "x a.test.")
		s.set(catz2, "y a.test.")
		old := s.begin(catz+": catalog", catz2+": ixfr on")
		before := s.catalog(old, "a.test.")
		next := s.reload(catz+": ixfr on", catz2+": catalog")
		if s.catalog(next, "a.test.") == before {
			t.Error("the zone of another catalog and ID was taken over")
		}
		s.e.abandon()
		if s.e.all()[before.id] != before {
			t.Error("the zone of the old instance is not found any more")
		}
		s.update(old, catz, "x a.test.", "b b.test.")
		s.wantServed(old, "a.test.", "b.test.")
		s.end(old)
	})
}
