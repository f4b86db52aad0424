package catalog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
)

// stop ends answers and transfers: after a restart there is only what is on disk.
func (p *producer) stop(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// kept is a server that consumes the catalog, with a state directory.
func kept(t *testing.T, members ...string) *world {
	t.Helper()
	p := startProducer(t)
	p.set(t, catz, catalogOf(members...)...)
	w := &world{p, startServer(t, corefile(consumer(catz, p.addr, "catalog", "persist {{dir}}")))}
	for _, m := range members {
		_, zone, _ := strings.Cut(m, " ")
		w.ours.wantServed(t, zone)
		w.waitSaved(t, zone, 1)
	}
	w.waitSaved(t, catz, 1)
	return w
}

func (w *world) waitSaved(t *testing.T, zone string, serial uint32) {
	t.Helper()
	w.ours.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_saved_serial", float64(serial), "zone="+zone)
}

// again kills the server and starts it while the producer does not answer.
func (w *world) again(t *testing.T) {
	t.Helper()
	w.stop(true)
	w.ours.Kill9()
	w.ours.Restart(t)
}

// files are those of a zone.
func (w *world) files(t *testing.T, zone string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(w.ours.Dir(), strings.TrimSuffix(zone, ".")+",*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (w *world) wantFiles(t *testing.T, want bool, zones ...string) {
	t.Helper()
	for _, z := range zones {
		ask.Until(t, "the files of "+z, func() error {
			if list := w.files(t, z); len(list) > 0 != want {
				return errorf("there are %v", list)
			}
			return nil
		})
	}
}

func TestMembersAreAnsweredAtOnceAfterARestart(t *testing.T) {
	t.Parallel()
	w := kept(t, "a a.example.", "b b.example.")
	w.again(t)
	w.ours.stillServes(t, catz, "a.example.", "b.example.")
	w.stop(false)
	w.publish(t, catz, catalogOf("b b.example.")...)
	w.ours.wantGone(t, "a.example.")
	w.wantFiles(t, false, "a.example.")
	w.waitSaved(t, catz, 2)
	w.again(t)
	w.ours.stillServes(t, "b.example.")
	w.ours.wantGone(t, "a.example.")
}

// What changed in the catalog while nobody was there is seen as soon as it is transferred.
func TestAMemberGetsAnotherIDWhileWeAreDown(t *testing.T) {
	t.Parallel()
	w := kept(t, "a a.example.", "b b.example.", "c c.example.")
	w.ours.Kill9()
	w.set(t, catz, catalogOf("new a.example.", "b b.example.")...)
	w.ours.Restart(t)
	w.ours.WaitLog(t, `catalog with serial 2: 1 removed, 1 reset; 2 members now`)
	w.wantFiles(t, false, "c.example.")
	w.ours.wantServed(t, "a.example.")
	ask.Until(t, "a.example. begins anew", func() error {
		if n := w.transferred("a.example."); n != 2 {
			return errorf("%d transfers", n)
		}
		return nil
	})
	if n := w.transferred("b.example."); n != 1 {
		t.Errorf("the one that stayed was transferred %d times", n)
	}
}

func TestAHoldOutlivesARestart(t *testing.T) {
	t.Parallel()
	members, zones := many(0, 12)
	w := kept(t, members...)
	w.publish(t, catz, catalogOf()...)
	w.ours.wantHeld(t, catz, 12)
	w.waitSaved(t, catz, 2)
	for range 2 {
		w.again(t)
		w.ours.stillServes(t, zones...)
		w.ours.wantHeld(t, catz, 12)
		w.stop(false)
	}
	w.publish(t, catz, catalogOf("n new.example.")...)
	w.ours.wantServed(t, "new.example.")
	w.ours.wantHeld(t, catz, 12)
	if n := strings.Count(w.ours.Log(), "HELD"); n != 1 {
		t.Errorf("the hold is logged %d times", n)
	}
	// Without `catalog` there are no members, and a hold does not come back from the time before.
	w.ours.Reload(t, corefile(consumer(catz, w.addr, "persist {{dir}}")))
	w.ours.Reload(t, corefile(consumer(catz, w.addr, "catalog", "persist {{dir}}")))
	w.ours.wantHeld(t, catz, 0)
	w.ours.wantGone(t, zones...)
}

func TestABrokenCatalogChangesNothingAfterARestart(t *testing.T) {
	t.Parallel()
	w := kept(t, "a a.example.", "b b.example.")
	w.publish(t, catz)
	w.ours.WaitLog(t, `serial 2: broken catalog`)
	w.waitSaved(t, catz, 2)
	w.again(t)
	w.ours.stillServes(t, "a.example.", "b.example.")
	w.wantFiles(t, true, "a.example.", "b.example.")
}

// Nobody knows the members then, until the catalog is transferred; what is kept of them waits for that.
func TestADamagedCatalogTakesNoMembersAway(t *testing.T) {
	t.Parallel()
	w := kept(t, "a a.example.", "b b.example.")
	w.ours.Kill9()
	for _, file := range w.files(t, catz) {
		if err := os.WriteFile(file, []byte("nonsense"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.stop(true)
	w.ours.Restart(t)
	w.ours.WaitLog(t, `catalog\.example\.: what is saved in .* is not usable`)
	w.ours.wantGone(t, "a.example.")
	w.wantFiles(t, true, "a.example.", "b.example.")
	w.stop(false)
	w.ours.wantServed(t, "a.example.", "b.example.")
	for _, z := range []string{"a.example.", "b.example."} {
		if n := w.transferred(z); n != 1 {
			t.Errorf("%s was transferred %d times", z, n)
		}
	}
}

// A zone that moved, with its content, has it after a restart, too; also when it is the restart that moves it.
func TestAZoneThatMovedOutlivesARestart(t *testing.T) {
	t.Parallel()
	p := startProducer(t)
	coo := "coo.a.zones 0 PTR " + other
	p.set(t, catz, append(catalogOf("a a.example.", "b b.example."), coo, strings.Replace(coo, ".a.", ".b.", 1))...)
	p.set(t, other, catalogOf()...)
	w := &world{p, startServer(t, corefile(
		consumer(catz, p.addr, "catalog", "persist {{dir}}"), consumer(other, p.addr, "catalog", "persist {{dir}}")))}
	w.ours.wantServed(t, "a.example.", "b.example.")
	w.publish(t, other, catalogOf("a a.example.")...)
	w.ours.wantMembers(t, other, 1)
	for _, z := range []string{"a.example.", "b.example."} {
		w.waitSaved(t, z, 1)
	}
	w.waitSaved(t, other, 2)
	w.ours.Kill9()
	w.set(t, other, catalogOf("a a.example.", "b b.example.")...)
	w.ours.Restart(t)
	w.ours.wantMembers(t, other, 2)
	w.waitSaved(t, other, 3)
	w.again(t)
	w.ours.stillServes(t, "a.example.", "b.example.")
	for _, z := range []string{"a.example.", "b.example."} {
		if n := w.transferred(z); n != 1 {
			t.Errorf("%s was transferred %d times", z, n)
		}
	}
}

func TestTenThousandMembersOutliveARestart(t *testing.T) {
	t.Parallel()
	members, zones := many(0, 10000)
	p := startProducer(t)
	p.set(t, catz, catalogOf(members...)...)
	w := &world{p, startServer(t, corefile(consumer(catz, p.addr, "catalog", "persist {{dir}}")))}
	each(zones, func(z string) {
		if err := ask.Poll(long, func() error { _, err := ask.Serial(w.ours.Addr(), z); return err }); err != nil {
			t.Errorf("%s: %v", z, err)
		}
	})
	if err := ask.Poll(long, func() error {
		list, err := filepath.Glob(filepath.Join(w.ours.Dir(), "*.snapshot"))
		if err == nil && len(list) != len(zones)+1 {
			err = errorf("%d zones are saved", len(list))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w.again(t)
	wantRcodes(t, w.ours, zones, dns.RcodeSuccess)
	w.ours.WaitLog(t, `10000 of 10000 zones restored from disk in .*, 0 of them expired`)
	t.Log(w.ours.WaitLog(t, `\d+ of 10000 zones restored from disk in \S+`))
}
