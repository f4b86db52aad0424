package drills_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/peer/relay"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// came is the log's line for a version that came by AXFR from a primary after an attempt that failed.
func came(serial uint32, from, failedAt, why string) string {
	return fmt.Sprintf(`serial %d \(was 1\) by axfr from %s: .*before that: (AXFR|IXFR) of \S+ from %s.*%s`,
		serial, regexp.QuoteMeta(from), regexp.QuoteMeta(failedAt), why)
}

func TestDrill01PrimaryKilledInTheMiddleOfAnAXFR(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]primary.Fault{
		"the connection ends with a RST": primary.ResetAfter(4),
		"the connection ends with a FIN": primary.CloseAfter(4),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second, s := startTwo(t, calm(1, 50), "ixfr off")
			a := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA)
			first.On(primary.AXFR, primary.RecordsPerMessage(10), fault)
			first.Publish(t, calm(2, 90))
			second.Publish(t, calm(2, 60))
			notify(t, first, s)
			ask.WaitSerial(t, s.Addr(), zone, 2)
			wantServing(t, s, 2, 60)
			a.WantAllAnswered(t, 0)
			s.WaitLog(t, came(2, second.Addr(), first.Addr(), "connection failed"))
			metric(t, s, "transfers_total", 1, "kind=axfr", "result=failed")
			status(t, s, "last_error.reason", `AXFR of \S+ from `+regexp.QuoteMeta(first.Addr())+`.*connection failed`)
			status(t, s, "last_error.result", "^updated$")
			status(t, s, "last_transfer.primary", "^"+second.Addr()+"$")
		})
	}
}

// knotd is killed when it has sent a part of a large zone.
func TestDrill01ARealPrimaryKilledInTheMiddleOfAnAXFR(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.Knot, peer.Named)
	text := func(serial uint32, n int) string { return "$ORIGIN " + zone + "\n" + calm(serial, n) }
	knot := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{Name: zone, Text: text(1, 10)}}})
	between := relay.Start(t, knot.Addr())
	second := peer.Config{Port: port.Free(t, "127.0.0.1"), Zones: []peer.Zone{{Name: zone, Text: text(2, 20)}}}
	from := fmt.Sprintf("%s 127.0.0.1:%d", between.Addr(), second.Port)
	s := understudy.Start(t, understudy.Config{Corefile: corefile(from, "ixfr off")})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	a := ask.Always(t, s.Addr(), "h9."+zone, dns.TypeA)
	named := peer.Start(t, peer.Named, second)
	const many = 400000 // far more than fits into the buffers on the way
	knot.SetZone(t, zone, text(2, many))
	knot.WaitServing(t, zone, 2)
	between.HoldAfter(100_000)
	ask.Notify(t, s.Addr(), zone, 2, nil)
	between.WaitHeld(t)
	wantServing(t, s, 1, 10)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_transfers_running", 1)
	knot.Kill()
	between.Release()
	ask.WaitSerial(t, s.Addr(), zone, 2)
	a.WantAllAnswered(t, 0)
	s.WaitLog(t, came(2, named.Addr(), between.Addr(), "connection failed"))
	wantServing(t, s, 2, 20)
	metric(t, s, "zone_records", 20+3)
}

func TestDrill02RSTRightAfterTheFinalSOA(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50))
	p.On(primary.IXFR, primary.RecordsPerMessage(10), primary.ResetAfterEnd())
	p.Publish(t, calm(2, 80))
	notify(t, p, s)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	wantServing(t, s, 2, 80)
	p.On(primary.IXFR, primary.Refused())
	p.On(primary.AXFR, primary.RecordsPerMessage(10), primary.ResetAfterEnd())
	p.Publish(t, calm(3, 90))
	notify(t, p, s)
	ask.WaitSerial(t, s.Addr(), zone, 3)
	wantServing(t, s, 3, 90)
	metric(t, s, "transfers_total", 2, "kind=axfr", "result=succeeded")
	metric(t, s, "transfers_total", 1, "kind=ixfr", "result=succeeded")
	metric(t, s, "transfers_total", 0, "kind=axfr", "result=failed")
	metric(t, s, "refreshes_total", 0, "result=failed")
}

// Its SOA checks go on to succeed: what fails is the transfer. It fails within the connect limit, 5 s unless
// another one is given, or this would not end in time.
func TestDrill03TCPBlackHoled(t *testing.T) {
	t.Parallel()
	first, second, s := startTwo(t, calm(1, 50))
	a := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA)
	first.BlackHoleTCP(t)
	first.Publish(t, calm(2, 90))
	second.Publish(t, calm(2, 60))
	notify(t, first, s)
	first.WaitQueryThat(t, 2, "SOA check over UDP", func(q primary.Query) bool { return q.Kind == primary.SOA && q.Net == "udp" })
	ask.WaitSerial(t, s.Addr(), zone, 2)
	wantServing(t, s, 2, 60)
	a.WantAllAnswered(t, 0)
	s.WaitLog(t, came(2, second.Addr(), first.Addr(), "cannot connect"))
	metricAtLeast(t, s, "transfers_total", 1, "result=failed")
	metric(t, s, "zone_primary_serial", 2)
	metric(t, s, "primary_up", 1, "primary="+first.Addr()) // SOA checks are answered
	status(t, s, "last_error.reason", "cannot connect")
	status(t, s, "primaries.0.serial", "^2$")
	status(t, s, "primaries.0.closed.failures", "^1$")
	status(t, s, "primaries.1.closed.failures", "^$")
	metric(t, s, "refreshes_total", 0, "result=failed")
}

func TestDrill04SlowLoris(t *testing.T) {
	t.Parallel()
	first, second, s := startTwo(t, calm(1, 50), "ixfr off", "limit time 2s")
	wantCutAndTakenFromTheNext(t, first, second, s, "limit exceeded: total time", primary.Slow(1))
}

// The rate is demanded after a minute, so that this takes as long.
func TestDrill04SlowLorisAgainstTheMinimumRate(t *testing.T) {
	t.Parallel()
	onlyLong(t)
	first, second, s := startTwo(t, calm(1, 50), "ixfr off", "limit rate 1kB")
	first.On(primary.AXFR, primary.Slow(1))
	first.Publish(t, calm(2, 90))
	second.Publish(t, calm(2, 60))
	notify(t, first, s)
	first.WaitQuery(t, primary.AXFR, 2)
	for range 3 { // a minute, and what a busy machine adds
		ask.Poll(ask.Patience, func() error { return errServed(s, 2) })
	}
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, came(2, second.Addr(), first.Addr(), "slower than the minimum rate"))
}

func errServed(s *understudy.Server, serial uint32) error {
	got, err := ask.Serial(s.Addr(), zone)
	if err == nil && got != serial {
		err = fmt.Errorf("serial %d", got)
	}
	return err
}

// wantCutAndTakenFromTheNext has the first primary transfer a new version with a fault, and wants it cut, and
// the version of the second one served.
func wantCutAndTakenFromTheNext(t *testing.T, first, second *primary.Primary, s *understudy.Server, why string, faults ...primary.Fault) {
	t.Helper()
	a := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA)
	first.On(primary.AXFR, faults...)
	first.Publish(t, calm(2, 90))
	second.Publish(t, calm(2, 60))
	notify(t, first, s)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	wantServing(t, s, 2, 60)
	a.WantAllAnswered(t, 0)
	s.WaitLog(t, came(2, second.Addr(), first.Addr(), why))
	metric(t, s, "transfers_total", 1, "kind=axfr", "result=failed")
	if d := first.WaitDelivery(t, primary.AXFR, 2); d.Err == nil {
		t.Error("the whole answer was delivered")
	}
	waitIdle(t, s)
}

func TestDrill05EndlessAXFR(t *testing.T) {
	t.Parallel()
	for limit, why := range map[string]string{
		"limit size 16MiB":   "limit exceeded: size",
		"limit records 200k": "limit exceeded: records",
	} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			first, second, s := startTwo(t, calm(1, 50), "ixfr off", limit)
			before := s.Usage(t).PeakResident
			wantCutAndTakenFromTheNext(t, first, second, s, why, primary.Endless())
			// 16 MiB of records that are never published, and what the collector has not come to.
			grown := s.Usage(t).PeakResident - before
			t.Logf("memory grew by %d MiB", grown>>20)
			if grown > 128<<20 {
				t.Errorf("memory grew by %d MiB", grown>>20)
			}
		})
	}
}
