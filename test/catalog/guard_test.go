package catalog_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
)

func TestABrokenCatalogChangesNothing(t *testing.T) {
	t.Parallel()
	good := catalogOf("a a.example.", "b b.example.")
	for _, c := range []struct {
		name, reason string
		lines        []string
	}{
		{"no version", `it has no version property`, good[1:2]},
		{"version 1", `its version is "1", and only "2" is known`, append([]string{`version 0 TXT "1"`}, good[1:2]...)},
		{"two versions", `it has 2 version properties`, append([]string{`version 0 TXT "1"`}, good[:2]...)},
		{"nothing at all", `it has no version property`, nil},
		{"two PTR at a node", `the member node of a has 2 PTR records`, append(catalogOf("a a.example."), "a.zones 0 PTR c.example.")},
		{"a zone listed twice", `c\.example\. is listed twice, as c and d`, append(good, "c.zones 0 PTR c.example.", "d.zones 0 PTR c.example.")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, "a a.example.", "b b.example.")
			w.publish(t, catz, c.lines...)
			w.ours.WaitLog(t, `catalog\.example\.: serial 2: broken catalog: `+c.reason+`; nothing changes for 2 members`)
			w.ours.stillServes(t, "a.example.", "b.example.")
			w.ours.wantGone(t, "c.example.")
			w.ours.WaitMetric(t, "metrics", "coredns_secondaryplus_catalog_broken", 1, "zone="+catz)
			w.publish(t, catz, catalogOf("b b.example.", "c c.example.")...)
			w.ours.wantServed(t, "c.example.")
			w.ours.wantGone(t, "a.example.")
			w.ours.WaitMetric(t, "metrics", "coredns_secondaryplus_catalog_broken", 0, "zone="+catz)
			if n := w.transferred("b.example."); n != 1 {
				t.Errorf("the member that stayed was transferred %d times", n)
			}
		})
	}
}

// TestD25AShrunkenCatalogRemovesNothingAtOnce takes away more than a guess, and then less.
func TestD25AShrunkenCatalogRemovesNothingAtOnce(t *testing.T) {
	t.Parallel()
	members, zones := many(0, 40)
	w := start(t, members...)
	w.publish(t, catz, catalogOf(append([]string{"n new.example."}, members[13:]...)...)...)
	w.ours.WaitLog(t, `HELD: catalog with serial 2 loses 13 members at once`)
	w.ours.wantHeld(t, catz, 13)
	w.ours.wantServed(t, "new.example.") // what it adds counts
	w.ours.stillServes(t, zones...)
	w.ours.wantMembers(t, catz, 41)
	w.publish(t, catz) // not even the version is left of it: still nothing is gone
	w.ours.WaitLog(t, `serial 3: broken catalog`)
	w.publish(t, catz, catalogOf()...)
	w.ours.wantHeld(t, catz, 41)
	w.ours.stillServes(t, zones...)
	// Nearly all are listed again: what is missing now is a change like any other.
	w.publish(t, catz, catalogOf(members[2:]...)...)
	w.ours.wantGone(t, append(zones[:2:2], "new.example.")...)
	w.ours.wantHeld(t, catz, 0)
	w.ours.stillServes(t, zones[2:]...)
	if n := w.transferred(zones[5]); n != 1 {
		t.Errorf("a member that was held was transferred %d times", n)
	}
}

// Members that all get new IDs would all lose their content.
func TestNewIDsForAllAreHeld(t *testing.T) {
	t.Parallel()
	members, zones := many(0, 12)
	w := start(t, members...)
	var renamed []string
	for _, m := range members {
		renamed = append(renamed, "new"+m)
	}
	w.publish(t, catz, catalogOf(renamed...)...)
	w.ours.wantHeld(t, catz, 12)
	w.ours.stillServes(t, zones...)
	if n := w.transferred(zones[0]); n != 1 {
		t.Errorf("%d transfers", n)
	}
}

// A held member is a zone like any other: it follows its primary, and outlives a reload.
func TestAHoldOutlivesAReload(t *testing.T) {
	t.Parallel()
	members, zones := many(0, 12)
	w := start(t, members...)
	w.publish(t, catz, catalogOf()...)
	w.ours.wantHeld(t, catz, 12)
	w.ours.Reload(t, "")
	w.ours.stillServes(t, zones...)
	w.publish(t, catz, catalogOf("n new.example.")...)
	w.ours.wantServed(t, "new.example.")
	w.ours.wantHeld(t, catz, 12)
	w.set(t, zones[3], "@ 300 A 192.0.2.7")
	serial := w.set(t, zones[3], "@ 300 A 192.0.2.8")
	ask.Notify(t, w.ours.Addr(), zones[3], serial, nil)
	ask.WaitSerial(t, w.ours.Addr(), zones[3], serial)
	w.ours.stillServes(t, zones...)
	if n := strings.Count(w.ours.Log(), "HELD"); n != 1 {
		t.Errorf("the hold is logged %d times", n)
	}
}

// TestTenThousandMembersInOneChange adds them, removes as many as may go at once, loses the others, and gets rid
// of those in the way that the operator has: without `catalog` there are no members. It does not look at metrics
// while there are so many zones: they are tens of megabytes.
func TestTenThousandMembersInOneChange(t *testing.T) {
	t.Parallel()
	const n, removed = 10000, 2999
	members, zones := many(0, n)
	w := start(t, "first first.example.")
	w.publish(t, catz, append(catalogOf("first first.example."), catalogOf(members...)[1:]...)...)
	each(zones, func(z string) {
		if err := ask.Poll(long, func() error { _, err := ask.Serial(w.ours.Addr(), z); return err }); err != nil {
			t.Errorf("%s: %v", z, err)
		}
	})
	w.ours.WaitLog(t, `catalog with serial 2: 10000 added; 10001 members now`)
	w.publish(t, catz, catalogOf(members[removed:]...)...)
	w.ours.WaitLog(t, `catalog with serial 3: 3000 removed; 7001 members now`)
	wantRcodes(t, w.ours, zones[:removed], dns.RcodeRefused)
	wantRcodes(t, w.ours, zones[removed:], dns.RcodeSuccess)
	w.publish(t, catz, catalogOf()...)
	w.ours.WaitLog(t, `HELD: catalog with serial 4 loses 7001 members at once`)
	wantRcodes(t, w.ours, zones[removed:], dns.RcodeSuccess)
	w.ours.Reload(t, corefile(consumer(catz, w.addr)))
	wantRcodes(t, w.ours, zones[removed:], dns.RcodeRefused)
	w.ours.Reload(t, corefile(consumer(catz, w.addr, "catalog")))
	w.ours.wantHeld(t, catz, 0)
	w.ours.wantMembers(t, catz, 0)
	if lines := strings.Count(w.ours.Log(), " catalog with serial "); lines != 4 {
		t.Errorf("%d lines tell of the changes", lines)
	}
}

func wantRcodes(t *testing.T, s *server, zones []string, rcode int) {
	t.Helper()
	each(zones, func(z string) {
		m, err := ask.Query(s.Addr(), z, dns.TypeSOA, ask.Timeout(ask.Patience))
		if err != nil || m.Rcode != rcode {
			t.Errorf("%s is answered %v, %v", z, m, err)
		}
	})
}
