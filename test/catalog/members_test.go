package catalog_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
)

func TestMembersComeAndGo(t *testing.T) {
	t.Parallel()
	w := start(t, "a a.example.", "b b.example.")
	w.ours.wantGone(t, "c.example.")
	mark := w.publish(t, catz, catalogOf("b b.example.", "c c.example.")...)
	w.ours.wantServed(t, "c.example.")
	w.ours.wantGone(t, "a.example.")
	w.ours.stillServes(t, "b.example.", catz)
	w.ours.wantMembers(t, catz, 2)
	w.ours.WaitLogFrom(t, mark, `catalog\.example\.: catalog with serial 2: 1 added, 1 removed; 2 members now`)
	if n := w.transferred("b.example."); n != 1 {
		t.Errorf("the member that stayed was transferred %d times", n)
	}
	if m := ask.Ask(t, w.ours.Addr(), "c.example.", dns.TypeA); len(m.Answer) != 1 || !m.Authoritative {
		t.Errorf("c.example. is answered %v", m)
	}
	// Gone and listed again, it is a new zone.
	w.publish(t, catz, catalogOf("a a.example.", "b b.example.", "c c.example.")...)
	w.ours.wantServed(t, "a.example.")
	if n := w.transferred("a.example."); n != 2 {
		t.Errorf("the member that came back was transferred %d times", n)
	}
}

// A removed member leaves nothing: neither metrics nor NOTIFY nor transfers.
func TestARemovedMemberLeavesNothing(t *testing.T) {
	t.Parallel()
	w := start(t, "a a.example.", "b b.example.")
	w.publish(t, catz, catalogOf("b b.example.")...)
	w.ours.wantGone(t, "a.example.")
	if _, there := w.ours.Metrics(t, "metrics").Value("coredns_secondaryplus_zone_state", "zone=a.example."); there {
		t.Error("it has metrics")
	}
	if m := ask.Notify(t, w.ours.Addr(), "a.example.", 2, nil); m.Rcode != dns.RcodeRefused {
		t.Errorf("its NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
	if rrs, err := ask.FetchAXFR(w.ours.Addr(), "a.example.", nil); err == nil {
		t.Errorf("it is transferred: %v", rrs)
	}
	if rrs, err := ask.FetchAXFR(w.ours.Addr(), "b.example.", nil); err != nil || len(rrs) == 0 {
		t.Errorf("the other one is not: %v", err)
	}
}

func TestAMemberWithAnotherIDIsTransferredAnew(t *testing.T) {
	t.Parallel()
	w := start(t, "a a.example.", "b b.example.")
	w.publish(t, catz, catalogOf("new a.example.", "B b.example.")...)
	ask.Until(t, "a.example. is transferred again", func() error {
		if n := w.transferred("a.example."); n != 2 {
			return errorf("%d transfers", n)
		}
		return nil
	})
	w.ours.wantServed(t, "a.example.")
	if n := w.transferred("b.example."); n != 1 {
		t.Errorf("the one whose ID is only spelt otherwise was transferred %d times", n)
	}
	w.ours.WaitLog(t, `catalog with serial 2: 1 reset; 2 members now`)
}

func TestOnlyMemberZonesAreServed(t *testing.T) {
	t.Parallel()
	p := startProducer(t)
	p.set(t, catz, catalogOf("a a.example.", "b deep.b.example.", "c c.test.", "d xa.example.")...)
	ours := startServer(t, corefile(consumer(catz, p.addr, "catalog a.example", "catalog B.example")))
	ours.wantServed(t, "a.example.", "deep.b.example.")
	ours.WaitLog(t, `2 members ignored, outside of the zones of 'catalog'`)
	ours.wantGone(t, "c.test.", "xa.example.")
	ours.wantMembers(t, catz, 2)
}

func TestAMemberThatGetsNoQueriesIsWarnedOf(t *testing.T) {
	t.Parallel()
	p := startProducer(t)
	p.set(t, catz, catalogOf("a a.example.", "b b.test.", "c c.test.")...)
	text := strings.Replace(corefile(consumer(catz, p.addr, "catalog")), ".:{{port}}", "example:{{port}}", 1)
	ours := startServer(t, text)
	ours.wantServed(t, "a.example.")
	ours.WaitLog(t, `2 members outside of the names of the server block, which gets no queries for them: b\.test\., for one`)
}

func TestAGroupHasPrimariesOfItsOwn(t *testing.T) {
	t.Parallel()
	p, far := startProducer(t), startProducer(t)
	members := catalogOf("a a.example.", "b b.example.", "c c.example.", "d d.example.")
	p.set(t, catz, append(members, "group.b.zones 0 TXT far", "group.c.zones 0 TXT nobody", "group.d.zones 0 TXT aaa", "group.d.zones 0 TXT far")...)
	w := &world{p, startServer(t, corefile(consumer(catz, p.addr, "catalog", "group far transfer from "+far.addr)))}
	w.ours.wantSource(t, "a.example.", p.addr)
	w.ours.wantSource(t, "b.example.", far.addr)
	w.ours.wantSource(t, "c.example.", p.addr)
	w.ours.wantSource(t, "d.example.", far.addr)
	w.ours.WaitLog(t, `1 member with the primaries of the catalog, because no group of the Corefile is among theirs: nobody`)
	mark := w.publish(t, catz, append(members, "group.a.zones 0 TXT far")...)
	w.ours.WaitLogFrom(t, mark, `4 with other properties; 4 members now`)
	// The serial is the same, so only the next version comes from the new primary; a NOTIFY from there is allowed.
	for zone, from := range map[string]*producer{"a.example.": far, "b.example.": p} {
		from.set(t, zone, "@ 300 TXT "+from.addr)
		from.set(t, zone, "@ 300 TXT "+from.addr)
		ask.Notify(t, w.ours.Addr(), zone, 2, nil)
		w.ours.wantSource(t, zone, from.addr)
	}
}
