package catalog_test

import (
	"fmt"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
)

var errorf = fmt.Errorf

func TestAZoneOfTheCorefileIsNotTouched(t *testing.T) {
	t.Parallel()
	p, far := startProducer(t), startProducer(t)
	p.set(t, catz, catalogOf("a a.example.", "b static.example.", "c catalog.example.")...)
	ours := startServer(t, corefile([]string{"static.example", "transfer from " + far.addr}, consumer(catz, p.addr, "catalog")))
	w := &world{p, ours}
	ours.wantServed(t, "a.example.")
	ours.wantSource(t, "static.example.", far.addr)
	ours.WaitLog(t, `2 members ignored, because there are zones with such names: catalog\.example\. \(of the Corefile\), static\.example\. \(of the Corefile\)`)
	ours.wantMembers(t, catz, 1)
	w.publish(t, catz, catalogOf("a a.example.")...)
	ours.WaitLog(t, `catalog with serial 2: 2 removed`)
	ours.stillServes(t, "static.example.", catz)
}

// A zone stays with its catalog, however often another one lists it, and goes over when it is given up.
func TestAZoneBelongsToOneCatalog(t *testing.T) {
	t.Parallel()
	w := startTwo(t, catalogOf("a shared.example."), catalogOf())
	w.ours.wantServed(t, "shared.example.")
	w.publish(t, other, catalogOf("a shared.example.")...)
	w.ours.WaitLog(t, `other\.example\.: 1 member ignored, because there are zones with such names: shared\.example\. \(of catalog\.example\.\)`)
	w.ours.wantMembers(t, other, 0)
	w.publish(t, other, catalogOf()...) // it is not the other one's to remove
	w.ours.WaitLog(t, `other\.example\.: catalog with serial 3: 1 removed`)
	w.ours.stillServes(t, "shared.example.")
	mark := w.publish(t, other, catalogOf("a shared.example.")...)
	w.ours.WaitLogFrom(t, mark, `catalog with serial 4: 1 added`)
	if n := w.transferred("shared.example."); n != 1 {
		t.Errorf("it was transferred %d times", n)
	}
	w.publish(t, catz, catalogOf()...)
	w.ours.wantMembers(t, other, 1)
	w.ours.wantServed(t, "shared.example.")
	if n := w.transferred("shared.example."); n != 2 {
		t.Errorf("what the first catalog had was kept: %d transfers", n)
	}
}

func TestCooMovesAZoneWithItsContentWhenTheIDIsTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, id  string
		transfers int
	}{{"the same ID", "a", 1}, {"another ID", "b", 2}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := startTwo(t, catalogOf("a move.example.", "k keep.example."), catalogOf())
			w.ours.wantServed(t, "move.example.", "keep.example.")
			given := append(catalogOf("a move.example.", "k keep.example."), "coo.a.zones 0 PTR "+other)
			w.publish(t, catz, given...)
			w.ours.WaitLog(t, `catalog\.example\.: catalog with serial 2: 1 with other properties`)
			w.publish(t, other, catalogOf(c.id+" move.example.")...)
			w.ours.wantMembers(t, other, 1)
			w.ours.wantMembers(t, catz, 1)
			w.publish(t, catz, catalogOf("k keep.example.")...) // the old owner is done with it
			w.ours.WaitLog(t, `catalog\.example\.: catalog with serial 3: 1 removed`)
			w.ours.wantServed(t, "move.example.")
			if n := w.transferred("move.example."); n != c.transfers {
				t.Errorf("it was transferred %d times", n)
			}
			w.publish(t, other, catalogOf()...)
			w.ours.wantGone(t, "move.example.")
			w.ours.stillServes(t, "keep.example.")
		})
	}
}

// A whole catalog moves: what the old one removes in the end is no loss.
func TestCooMovesAWholeCatalog(t *testing.T) {
	t.Parallel()
	members, zones := many(0, 12)
	given := catalogOf(members...)
	for i := range members {
		given = append(given, fmt.Sprintf("coo.id%d.zones 0 PTR %s", i, other))
	}
	w := startTwo(t, given, catalogOf())
	w.ours.wantServed(t, zones...)
	w.publish(t, other, catalogOf(members...)...)
	w.ours.wantMembers(t, other, 12)
	w.publish(t, catz, catalogOf()...)
	w.ours.WaitLog(t, `catalog\.example\.: catalog with serial 2: 12 removed; 0 members now`)
	w.ours.wantHeld(t, catz, 0)
	w.ours.stillServes(t, zones...)
	for _, z := range zones {
		if n := w.transferred(z); n != 1 {
			t.Errorf("%s was transferred %d times", z, n)
		}
	}
}

// A coo property that comes when the other catalog lists the zone already waits for that one's next version.
func TestCooWaitsForTheNewOwner(t *testing.T) {
	t.Parallel()
	w := startTwo(t, catalogOf("a move.example."), catalogOf())
	w.ours.wantServed(t, "move.example.")
	w.publish(t, other, catalogOf("a move.example.")...)
	w.ours.WaitLog(t, `other\.example\.: 1 member ignored`)
	w.publish(t, catz, append(catalogOf("a move.example."), "coo.a.zones 0 PTR "+other)...)
	w.ours.WaitLog(t, `catalog\.example\.: catalog with serial 2: 1 with other properties`)
	w.ours.wantMembers(t, catz, 1)
	w.ours.wantMembers(t, other, 0)
	w.publish(t, other, catalogOf("a move.example.", "b b.example.")...)
	w.ours.wantMembers(t, other, 2)
	w.ours.wantMembers(t, catz, 0)
}

// A new owner that may not have the zone does not get it.
func TestCooDoesNotLeadOutOfMemberZones(t *testing.T) {
	t.Parallel()
	p := startProducer(t)
	p.set(t, catz, append(catalogOf("a move.example."), "coo.a.zones 0 PTR "+other)...)
	p.set(t, other, catalogOf()...)
	w := &world{p, startServer(t, corefile(consumer(catz, p.addr, "catalog"), consumer(other, p.addr, "catalog test")))}
	w.ours.wantServed(t, "move.example.")
	ask.WaitSerial(t, w.ours.Addr(), other, 1)
	w.publish(t, other, catalogOf("a move.example.")...)
	w.ours.WaitLog(t, `other\.example\.: 1 member ignored, outside`)
	w.ours.wantMembers(t, catz, 1)
	w.ours.stillServes(t, "move.example.")
}
