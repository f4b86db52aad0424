package serialguard

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// begin starts a watch in a bubble of testing/synctest, and waits until it has seen the zone.
func begin(t *testing.T, w *watch, j *diary) {
	t.Helper()
	w.Start()
	t.Cleanup(w.Stop)
	synctest.Wait()
	if news := j.news(); !strings.HasPrefix(news, "example.org.: serial 5 of plugin fake is watched") {
		t.Fatal(news)
	}
}

// after lets time pass, and gives what was written meanwhile.
func after(d time.Duration, j *diary) string {
	time.Sleep(d)
	synctest.Wait()
	return j.news()
}

func TestAChangeOfSerialIsSeenLongBeforeTheNextAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		f.serve(t, 5, hosts(20)...)
		w, j := watchOf(f)
		begin(t, w, j)
		f.transfers()
		f.serve(t, 6, hosts(5)...)
		if news := after(lookEvery, j); !strings.Contains(news, "serial 6 of plugin fake: deletes (warn): deletes 15 of ") {
			t.Error(news)
		}
		if got := f.transfers(); !slices.Equal(got, []uint32{5}) {
			t.Errorf("it was asked with %d", got)
		}
	})
}

// What has no new serial is seen by an audit, and by nothing else.
func TestContentIsAuditedEveryHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		f.serve(t, 5, hosts(20)...)
		w, j := watchOf(f)
		begin(t, w, j)
		f.serve(t, 5, hosts(19)...)
		if news := after(time.Hour-time.Second, j); news != "" {
			t.Error(news)
		}
		const want = "example.org.: serial 5 of plugin fake: same-serial (warn): content changed (1 record deleted, 0 added), the serial 5 did not"
		if news := after(lookEvery, j); news != want {
			t.Error(news)
		}
		if news := after(5*time.Hour, j); news != "" {
			t.Errorf("again: %s", news)
		}
	})
}

// A look would be a transfer of the whole zone, with serial 0.
func TestAZoneWithSerialZeroIsAuditedOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		f.serve(t, 0, hosts(20)...)
		w, j := watchOf(f)
		w.Start()
		defer w.Stop()
		after(time.Minute, j)
		f.transfers()
		after(time.Hour-2*time.Minute, j)
		if got := f.transfers(); len(got) > 0 {
			t.Errorf("it was asked with %d", got)
		}
		if after(2*time.Minute, j); len(f.transfers()) != 1 {
			t.Error("it was not audited")
		}
	})
}

// The SOA changes while the content is read.
func TestContentOfTwoVersionsIsNoFinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		f.serve(t, 5, hosts(20)...)
		w, j := watchOf(f)
		begin(t, w, j)
		f.change(func() { f.begun = func() { f.serve(t, 6, hosts(19)...) } })
		if news := after(time.Hour+lookEvery, j); news != "" {
			t.Error(news)
		}
		if got := w.zones[0].version; got.Serial() != 6 || got.Records() != 21 {
			t.Errorf("it has serial %s with %d records", got.Serial(), got.Records())
		}
	})
}

// A source that compares serials does not give an older version out when it is asked for changes.
func TestAnOlderSerialIsSeenWhereSerialsAreCompared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{newer: true}
		f.serve(t, 5, hosts(20)...)
		w, j := watchOf(f)
		begin(t, w, j)
		f.serve(t, 4, hosts(20)...)
		if news := after(lookEvery, j); news != "example.org.: serial 4 of plugin fake: serial-back (warn): is older than 5, which was there before, by 1" {
			t.Error(news)
		}
	})
}

// What is not a zone is told once, and so is that it is one again; what it was before is remembered.
func TestAZoneThatCannotBeRead(t *testing.T) {
	other := &dns.SOA{Hdr: dns.RR_Header{Name: apexName, Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: ".", Mbox: ".", Serial: 7}
	for _, c := range []struct {
		name       string
		fail, mend func(*fake)
		want       string
	}{
		{"it says so", func(f *fake) { f.err = errors.New("out of order") }, func(f *fake) { f.err = nil }, "out of order"},
		{"the end is missing", func(f *fake) { f.tail = []dns.RR{} }, func(f *fake) { f.tail = nil }, "does not end with the SOA"},
		{"the end is another one", func(f *fake) { f.tail = []dns.RR{other} }, func(f *fake) { f.tail = nil }, "does not end with the SOA"},
		{"there is nothing but the SOA", func(f *fake) { f.head = true }, func(f *fake) { f.head = false }, "nothing out but the SOA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := new(fake)
				f.serve(t, 5, hosts(20)...)
				w, j := watchOf(f)
				begin(t, w, j)
				f.change(func() { c.fail(f) })
				news := after(time.Hour+2*lookEvery, j)
				if !strings.HasPrefix(news, "example.org.: serial 5 was the last that could be seen: ") || !strings.Contains(news, c.want) || strings.Contains(news, "\n") {
					t.Error(news)
				}
				if news := after(time.Hour, j); news != "" {
					t.Errorf("again: %s", news)
				}
				f.change(func() { c.mend(f) })
				if news := after(lookEvery, j); news != "example.org.: can be seen again: serial 5 of plugin fake" {
					t.Error(news)
				}
			})
		})
	}
}

// Also when another plugin of the server block has a zone of that name, the gate sees it.
func TestZonesOfSecondaryplusAreNotWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		f.serve(t, 5, hosts(20)...)
		w, j := watchOf(f)
		var guarded atomic.Bool
		guarded.Store(true)
		w.guards = func(apex owner.Name) bool { return guarded.Load() && apex.String() == apexName }
		w.Start()
		defer w.Stop()
		if news := after(2*time.Hour, j); news != "" || len(f.transfers()) > 0 {
			t.Errorf("it is: %q", news)
		}
		guarded.Store(false) // a catalog does not list it any more
		if news := after(lookEvery, j); !strings.HasPrefix(news, "example.org.: serial 5 of plugin fake is watched") {
			t.Errorf("%q", news)
		}
	})
}

func TestSecondaryplusIsNoSource(t *testing.T) {
	var names []string
	for _, s := range sourcesOf([]plugin.Handler{handler{"whoami"}, giver{handler{"file"}}, giver{handler{guardedName}}, giver{handler{"auto"}}}) {
		names = append(names, s.name)
	}
	if !slices.Equal(names, []string{"file", "auto"}) {
		t.Errorf("sources are %v", names)
	}
}

// What the policy says of the rules for serials holds here, too, but nothing becomes more than a warning.
func TestThePolicyMayAcceptOtherSerials(t *testing.T) {
	for verdict, want := range map[guard.Verdict]int{guard.Accept: 0, guard.Warn: 1, guard.Reject: 1} {
		p := guard.DefaultPolicy()
		p.On = map[guard.Rule]guard.Verdict{guard.SameSerial: verdict}
		was, _ := version(t, nil, "ns h 5 7200 900 1209600 300", hosts(3)...)
		is, d := version(t, was, "ns h 5 7200 900 1209600 300", hosts(2)...)
		z := &seen{version: was, statistics: guard.StatisticsOf(was)}
		list := z.judge(p, taken{"fake", is, d}, time.Now())
		if len(list) != want || want > 0 && list[0].Verdict != guard.Warn {
			t.Errorf("with %s: %v", verdict, list)
		}
	}
}

func TestASourceThatPanicsIsSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake) // without an SOA
		w, j := watchOf(f)
		w.Start()
		defer w.Stop()
		if news := after(lookEvery, j); !strings.HasPrefix(news, "example.org.: cannot be watched: the plugin panics: there is no SOA") {
			t.Error(news)
		}
	})
}

// The records belong to the source, which answers queries with them meanwhile.
func TestNoRecordOfTheSourceIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		f.serve(t, 5, "WWW A 192.0.2.1", "elsewhere.example. A 192.0.2.1")
		w, j := watchOf(f)
		begin(t, w, j)
		for _, r := range append(f.rest, f.soa) {
			if r.Header().Rdlength != 0 {
				t.Errorf("%s has an Rdlength of %d now", r, r.Header().Rdlength)
			}
		}
		if got := w.zones[0].version.Records(); got != 3 {
			t.Errorf("%d records: what is not in the zone does not count", got)
		}
	})
}

// A source sends until all is taken. It must not wait for ever for a watch that has ended: synctest would say so.
func TestAWatchThatEndsReadsToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, begun, more := new(fake), make(chan struct{}), make(chan struct{})
		f.serve(t, 5, hosts(20)...)
		f.begun = func() { close(begun); <-more }
		w, j := watchOf(f)
		w.Start()
		<-begun
		ended := false
		go func() { w.Stop(); ended = true }()
		synctest.Wait()
		if ended {
			t.Error("nothing waits for the goroutine")
		}
		close(more)
		synctest.Wait()
		if news := j.news(); !ended || news != "" || w.zones[0].version != nil {
			t.Errorf("it goes on: %s", news)
		}
	})
}

// Signatures that nobody renews grow old without any change: each stage is told once.
func TestSignaturesThatGrowOldAreToldOnceAStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		until := time.Now().Add(30 * time.Hour).UTC().Format("20060102150405")
		f.serve(t, 5, append(hosts(3), "h0 RRSIG A 8 3 3600 "+until+" 20000101000000 1 example.org. AAAA")...)
		w, j := watchOf(f)
		begin(t, w, j)
		if news := after(2*time.Hour, j); news != "" {
			t.Error(news)
		}
		for _, stage := range []string{"signatures (warn): has an RRSIG that expires at about", "signatures (warn): has an RRSIG that expired at about"} {
			if news := after(24*time.Hour, j); !strings.Contains(news, stage) || strings.Contains(news, "\n") {
				t.Errorf("%q is not told once: %s", stage, news)
			}
		}
		if news := after(24*time.Hour, j); news != "" {
			t.Errorf("again: %s", news)
		}
	})
}
