package interop_test

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestAPrimaryThatLostItsJournalSendsTheWholeZone(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		w := plan{kind: kind, zone: peer.Zone{Text: varied(1)}, quiet: true}.start(t)
		w.primary.SetZone(t, zone, varied(2))
		w.primary.WaitServing(t, zone, 2)
		w.primary.PurgeJournal(t, zone)
		w.primary.WaitServing(t, zone, 2)
		before := w.now(t)
		w.notify(t)
		w.waitEqualSerial(t)
		w.wantEqual(t)
		if now := w.now(t); now.axfr != before.axfr+1 || now.ixfr != before.ixfr || now.failed != before.failed {
			t.Errorf("transfers: before %+v, now %+v", before, now)
		}
		w.ours.WaitLogFrom(t, before.ownLogged, `serial 2 \(was 1\) by axfr-style ixfr from `)

		// With its journal begun anew, it sends differences again.
		before = w.now(t)
		w.primary.SetZone(t, zone, varied(3))
		w.primary.WaitServing(t, zone, 3)
		w.notify(t)
		w.waitEqualSerial(t)
		w.wantOnlyIXFR(t, before)
		w.wantEqual(t)
	})
}

// None of the three real ones refuses an IXFR, so a scripted primary does.
func TestWithoutIXFRThereIsAnAXFRFromTheSamePrimaryAtOnce(t *testing.T) {
	t.Parallel()
	const closed = "IXFR ends with a closed connection"
	for name, fault := range map[string]primary.Fault{
		"IXFR is answered REFUSED":                 primary.Refused(),
		"IXFR is answered SERVFAIL":                primary.Servfail(),
		"IXFR is answered FORMERR":                 primary.Formerr(),
		"IXFR is answered NOTIMP":                  primary.Notimp(),
		closed:                                     primary.CloseAtOnce(),
		"IXFR says only that there is more":        primary.SingleSOA(),
		"IXFR starts from another serial":          primary.WrongBase(),
		"IXFR deletes what the zone does not have": primary.DeletesAbsent(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := primary.Start(t, primary.Config{Zone: zone})
			p.Publish(t, hosts(zone, 1, 50))
			s := understudy.Start(t, understudy.Config{Corefile: plan{zone: peer.Zone{Name: zone}}.corefile(p.Addr())})
			ask.WaitSerial(t, s.Addr(), zone, 1)
			p.On(primary.IXFR, fault)
			p.Publish(t, hosts(zone, 2, 60))
			p.NotifyTo(t, s.Addr(), nil)
			ask.WaitSerial(t, s.Addr(), zone, 2)
			want := 1
			if name == closed {
				want = 2 // the first was over a connection that might as well have been closed because it was idle
			}
			if n, a := p.Count(primary.IXFR), p.Count(primary.AXFR); n != want || a != 2 {
				t.Errorf("%d IXFR queries and %d AXFR queries, want %d and 2", n, a, want)
			}
			n, _ := s.Metrics(t, "metrics").Value("coredns_secondaryplus_refreshes_total", "zone="+zone, "result=failed")
			if n != 0 {
				t.Errorf("%v refreshes failed: the AXFR belongs to the same cycle", n)
			}
		})
	}
}

func TestAPrimaryThatRestartsWithALowerSerialChangesNothing(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		number := port.Free(t, "127.0.0.1")
		start := func(serial uint32) *peer.Server {
			return peer.Start(t, kind, peer.Config{Port: number, Zones: []peer.Zone{{Name: zone, Text: hosts(zone, serial, int(serial))}}})
		}
		p := start(100)
		corefile := plan{zone: peer.Zone{Name: zone}}.corefile(p.Addr())
		s := understudy.Start(t, understudy.Config{Corefile: corefile})
		ask.WaitSerial(t, s.Addr(), zone, 100)
		p.Stop()
		p = start(50)
		m := ask.Notify(t, s.Addr(), zone, 50, nil)
		if m.Rcode != dns.RcodeSuccess {
			t.Errorf("the NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
		}
		s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_refreshes_total", "at least 1",
			func(v float64) bool { return v >= 1 }, "zone="+zone, "result=behind")
		s.WaitLog(t, `older than serial 100.*has 50`)
		ask.WaitSerial(t, s.Addr(), zone, 100)
		if !answers(t, s, "h99."+zone) {
			t.Error("the last good zone is not answered from")
		}
		// Once it is newer again, it is followed.
		p.SetZone(t, zone, hosts(zone, 101, 5))
		p.WaitServing(t, zone, 101)
		ask.Notify(t, s.Addr(), zone, 101, nil)
		ask.WaitSerial(t, s.Addr(), zone, 101)
		wantSame(t, ask.AXFR(t, p.Addr(), zone, nil), ask.AXFR(t, s.Addr(), zone, nil))
	})
}

func TestDrill30TheSerialWrapsByIXFR(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		w := plan{kind: kind, zone: peer.Zone{Text: hosts(zone, 4294967295, 20)}}.start(t)
		before := w.now(t)
		w.change(t, hosts(zone, 1, 21))
		w.wantOnlyIXFR(t, before)
		w.wantEqual(t)
		w.ours.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_serial", 1, "zone="+zone)
	})
}
