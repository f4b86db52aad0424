package catalog_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
)

// long is more patience than usual, for ten thousand zones.
const long = 2 * time.Minute

// each runs a check for every zone, a few at a time.
func each(zones []string, check func(zone string)) {
	var all sync.WaitGroup
	next := make(chan string)
	for range 8 {
		all.Go(func() {
			for z := range next {
				check(z)
			}
		})
	}
	for _, z := range zones {
		next <- z
	}
	close(next)
	all.Wait()
}

// always asks for a zone again and again until the returned function is called, which checks that there was an
// answer each time. Datagrams that lie in a socket when CoreDNS closes it are lost, so a timeout is no answer
// that is wrong.
func always(t *testing.T, s *server, zone string) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			m, err := ask.Query(s.Addr(), zone, dns.TypeSOA)
			var lost net.Error
			switch {
			case errors.As(err, &lost):
			case err != nil:
				t.Error(err)
			case m.Rcode != dns.RcodeSuccess || len(m.Answer) != 1:
				t.Errorf("%s is answered %s", zone, dns.RcodeToString[m.Rcode])
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

func TestAReloadKeepsMembersWithoutAGap(t *testing.T) {
	t.Parallel()
	w := start(t, "a a.example.", "b b.example.")
	stop := always(t, w.ours, "b.example.")
	for range 4 {
		w.ours.Reload(t, "")
	}
	w.publish(t, catz, catalogOf("b b.example.", "c c.example.")...)
	w.ours.wantServed(t, "c.example.")
	w.ours.wantGone(t, "a.example.")
	w.ours.Reload(t, "")
	stop()
	w.ours.stillServes(t, "c.example.")
	w.ours.wantGone(t, "a.example.")
	for zone, want := range map[string]int{catz: 2, "b.example.": 1, "c.example.": 1} {
		if n := w.transferred(zone); n != want {
			t.Errorf("%s was transferred %d times", zone, n)
		}
	}
}

// Reloads and changes of the catalog at the same time: what never left the catalog never stops being answered.
func TestCatalogsChangeDuringReloads(t *testing.T) {
	t.Parallel()
	w := start(t, "k keep.example.")
	stop := always(t, w.ours, "keep.example.")
	var changes sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	changes.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			members, _ := many(i%7, i%7+5)
			serial := w.set(t, catz, catalogOf(append(members, "k keep.example.")...)...)
			ask.SendNotify(w.ours.Addr(), catz, serial, nil)
		}
	})
	for range 6 {
		w.ours.Reload(t, "")
	}
	cancel()
	changes.Wait()
	w.publish(t, catz, catalogOf("k keep.example.", "z z.example.")...)
	w.ours.wantMembers(t, catz, 2)
	w.ours.wantServed(t, "z.example.")
	stop()
	_, zones := many(0, 12)
	w.ours.wantGone(t, zones...)
	if n := w.transferred("keep.example."); n != 1 {
		t.Errorf("it was transferred %d times", n)
	}
}

func TestARefusedReloadChangesNoMembers(t *testing.T) {
	t.Parallel()
	w := start(t, "a a.example.", "b b.test.")
	for _, text := range []string{
		strings.Replace(corefile(consumer(catz, w.addr, "catalog test")), "bind 127.0.0.1", "bind 192.0.2.254", 1),
		corefile(consumer(catz, w.addr, "catalog a..example")),
	} {
		if err := w.ours.TryReload(t, text); err == nil {
			t.Fatal("the reload succeeded")
		}
		w.ours.stillServes(t, "a.example.", "b.test.")
		w.ours.wantMembers(t, catz, 2)
	}
	w.publish(t, catz, catalogOf("a a.example.", "c c.example.")...)
	w.ours.wantServed(t, "c.example.")
	w.ours.wantGone(t, "b.test.")
	w.ours.stillServes(t, "a.example.")
}

// What the new Corefile says of members counts, and what both say of them is not asked for again.
func TestAReloadChangesWhichMembersThereAre(t *testing.T) {
	t.Parallel()
	w := start(t, "a a.example.", "b b.test.", "c c.test.")
	w.ours.Reload(t, corefile(consumer(catz, w.addr, "catalog test")))
	w.ours.wantGone(t, "a.example.")
	w.ours.stillServes(t, "b.test.", "c.test.")
	// One of them is a zone of the Corefile now, and then again a member.
	w.ours.Reload(t, corefile(consumer(catz, w.addr, "catalog test"), consumer("b.test.", w.addr)))
	w.ours.stillServes(t, "b.test.", "c.test.")
	w.ours.wantMembers(t, catz, 1)
	w.ours.Reload(t, corefile(consumer(catz, w.addr, "catalog")))
	w.ours.stillServes(t, "b.test.", "c.test.")
	w.ours.wantServed(t, "a.example.")
	w.ours.wantMembers(t, catz, 3)
	for zone, want := range map[string]int{"a.example.": 2, "b.test.": 1, "c.test.": 1} {
		if n := w.transferred(zone); n != want {
			t.Errorf("%s was transferred %d times", zone, n)
		}
	}
}

// A server block that is renamed keeps its members, and one that is new does not take them.
func TestMembersStayWithTheirBlock(t *testing.T) {
	t.Parallel()
	w := start(t, "a a.example.")
	text := corefile(consumer(catz, w.addr, "catalog"))
	renamed := strings.Replace(text, ".:{{port}}", "example:{{port}}", 1)
	w.ours.Reload(t, renamed)
	w.ours.stillServes(t, "a.example.")
	added := strings.ReplaceAll(strings.ReplaceAll(text, "{{port}}", "{{port:added}}"), "prometheus 127.0.0.1:{{port:metrics}}", "")
	w.ours.Reload(t, added+renamed)
	w.ours.stillServes(t, "a.example.")
	ask.WaitSerial(t, w.ours.AddrOf("added"), "a.example.", 1)
	if n := w.transferred("a.example."); n != 2 {
		t.Errorf("two blocks transferred it %d times", n)
	}
}
