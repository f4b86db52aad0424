package secondaryplus

import (
	"runtime"
	"testing"
	"time"
)

// instance is a server block with one zone, whose primary is not there.
func instance(t *testing.T, key, stanza string) *Plugin {
	t.Helper()
	configs, err := parseText(t, stanza)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlugin(configs)
	if err != nil {
		t.Fatal(err)
	}
	p.key = key
	p.siblings = &siblings{plugins: []*Plugin{p}}
	return p
}

func mustAttach(t *testing.T, e *engine, p *Plugin) {
	t.Helper()
	if err := e.attach(p); err != nil {
		t.Fatal(err)
	}
}

// testEngine is one for Corefiles that CoreDNS does not know.
func testEngine() *engine {
	e := newEngine()
	e.runs = func(*siblings) bool { return true }
	return e
}

const (
	stanzaA = "secondaryplus a.example {\n transfer from 127.0.0.1:1\n}"
	stanzaB = "secondaryplus a.example {\n transfer from 127.0.0.1:2\n}"
	stanzaC = "secondaryplus a.example c.example {\n transfer from 127.0.0.1:2\n}"
	stanzaD = "secondaryplus d.example {\n transfer from 127.0.0.1:2\n}"
)

// primaryPort tells configurations apart.
func primaryPort(p *Plugin) uint16 { return p.order[0].zone().Config().Primaries[0].Addr.Port() }

func TestAReloadKeepsTheZoneAndStagesTheConfiguration(t *testing.T) {
	e := testEngine()
	old, next := instance(t, "k", stanzaA), instance(t, "k", stanzaB)
	mustAttach(t, e, old)
	zone := old.order[0].zone()
	mustAttach(t, e, next)
	if next.order[0].zone() != zone {
		t.Fatal("the new instance has another zone")
	}
	if primaryPort(old) != 1 {
		t.Fatal("the new configuration counts before the old instance is shut down")
	}
	e.detach(old)
	if primaryPort(next) != 2 || len(e.members) != 1 {
		t.Fatal("the new configuration does not count")
	}
	e.detach(next)
	if len(e.members) != 0 || e.scheduler != nil {
		t.Fatal("something is left")
	}
}

func TestAFailedReloadChangesNothing(t *testing.T) {
	e := testEngine()
	old, next := instance(t, "k", stanzaA), instance(t, "k", stanzaC)
	mustAttach(t, e, old)
	mustAttach(t, e, next)
	if len(e.members) != 2 {
		t.Fatal("the new zone is not there")
	}
	e.abandon()
	if len(e.members) != 1 || primaryPort(old) != 1 {
		t.Fatal("something of the failed reload is left")
	}
	again := instance(t, "k", stanzaB)
	mustAttach(t, e, again)
	e.detach(old)
	if primaryPort(again) != 2 {
		t.Fatal("a reload after a failed one does not count")
	}
	e.detach(again)
}

func TestDetachingTwiceIsDetachingOnce(t *testing.T) {
	e := testEngine()
	old, next := instance(t, "k", stanzaA), instance(t, "k", stanzaB)
	mustAttach(t, e, old)
	mustAttach(t, e, next)
	e.detach(old)
	e.detach(old)
	if len(e.members) != 1 || primaryPort(next) != 2 {
		t.Fatal("the zone of the new instance is gone")
	}
	e.detach(next)
	e.detach(instance(t, "k", stanzaA)) // one that was never started
}

func TestAZoneThatIsNoLongerConfiguredEnds(t *testing.T) {
	e := testEngine()
	old, next := instance(t, "k", stanzaC), instance(t, "k", stanzaD)
	mustAttach(t, e, old)
	mustAttach(t, e, next)
	e.detach(old)
	if len(e.members) != 1 || len(e.byZone) != 1 {
		t.Fatalf("%d zones are left", len(e.members))
	}
	e.detach(next)
}

func TestAZoneOutlivesTheRenamingOfItsBlock(t *testing.T) {
	e := testEngine()
	old, next := instance(t, "old", stanzaA), instance(t, "new", stanzaB)
	mustAttach(t, e, old)
	zone := old.order[0].zone()
	mustAttach(t, e, next)
	if next.order[0].zone() != zone {
		t.Fatal("the zone was made anew")
	}
	e.detach(old)
	e.detach(next)
}

func TestTwoBlocksHaveZonesOfTheirOwn(t *testing.T) {
	e := testEngine()
	one, two := instance(t, "one", stanzaA), instance(t, "two", stanzaB)
	asOne(one, two)
	mustAttach(t, e, one)
	mustAttach(t, e, two)
	if one.order[0].zone() == two.order[0].zone() {
		t.Fatal("two blocks of one Corefile share a zone though they are configured differently")
	}
	e.detach(one)
	e.detach(two)
}

func TestANewBlockDoesNotTakeAZoneFromAnotherOne(t *testing.T) {
	e := testEngine()
	old := instance(t, "k", stanzaA)
	mustAttach(t, e, old)
	added, next := instance(t, "added", stanzaB), instance(t, "k", stanzaA)
	asOne(added, next)
	mustAttach(t, e, added) // the new block stands before the old one in the Corefile
	mustAttach(t, e, next)
	if next.order[0].zone() != old.order[0].zone() || added.order[0].zone() == old.order[0].zone() {
		t.Fatal("the block that was there lost its zone to the new one")
	}
	e.detach(old)
	e.detach(added)
	e.detach(next)
}

// asOne makes the instances blocks of one Corefile.
func asOne(plugins ...*Plugin) {
	all := &siblings{plugins: plugins}
	for _, p := range plugins {
		p.siblings = all
	}
}

func TestNothingRunsWhenTheLastInstanceIsGone(t *testing.T) {
	before := runtime.NumGoroutine()
	e := testEngine()
	for range 20 {
		p := instance(t, "k", stanzaC)
		mustAttach(t, e, p)
		e.detach(p)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

func TestRepeatsAreWrittenEverMoreSeldom(t *testing.T) {
	var r repeats
	var written []uint64
	for range 10 {
		if n, write := r.next(); write {
			written = append(written, n)
		}
	}
	r.reset()
	if n, write := r.next(); n != 1 || !write || len(written) != 4 || written[3] != 8 {
		t.Errorf("written %v, then %d %v", written, n, write)
	}
}
