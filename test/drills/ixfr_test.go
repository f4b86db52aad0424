package drills_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

// With a real primary of each kind, this is in package interop.
func TestDrill30SerialWrapsByIXFR(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wrapped uint32
		faults  []primary.Fault
	}{
		"to 1":                                {1, nil},
		"to 0, which is a serial like others": {0, nil},
		"with one difference for all":         {1, []primary.Fault{primary.Condensed()}},
		"with one record a message":           {1, []primary.Fault{primary.OneByOne()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := start(t, calm(4294967294, 50))
			p.On(primary.IXFR, c.faults...)
			p.Publish(t, calm(4294967295, 51))
			p.Publish(t, calm(c.wrapped, 52))
			notify(t, p, s)
			ask.WaitSerial(t, s.Addr(), zone, c.wrapped)
			wantServing(t, s, c.wrapped, 52)
			s.WaitLog(t, fmt.Sprintf(`serial %d \(was 4294967294\) by ixfr from `, c.wrapped))
			metric(t, s, "zone_serial", float64(c.wrapped))
			metric(t, s, "transfers_total", 1, "kind=ixfr", "result=succeeded")
			metric(t, s, "transfers_total", 0, "result=failed")
			p.Publish(t, calm(2, 53))
			notify(t, p, s)
			ask.WaitSerial(t, s.Addr(), zone, 2)
			if n := p.Count(primary.AXFR); n != 1 {
				t.Errorf("%d AXFRs", n)
			}
		})
	}
}

func TestDrill31IXFRWhoseBaseIsNotOurs(t *testing.T) {
	t.Parallel()
	wantAXFRInTheSameCycle(t, primary.WrongBase(), "delta does not apply: ")
}

func TestDrill32IXFRDeletesAnAbsentRecord(t *testing.T) {
	t.Parallel()
	wantAXFRInTheSameCycle(t, primary.DeletesAbsent(), `delta does not apply: absent\.example\.org\. TXT: `)
}

// wantAXFRInTheSameCycle has the first of two primaries answer IXFR with a fault: the same one must be asked for
// an AXFR, without another round of SOA checks.
func wantAXFRInTheSameCycle(t *testing.T, fault primary.Fault, why string) {
	t.Helper()
	first, second, s := startTwo(t, calm(1, 50))
	a := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA)
	soas, others := first.Count(primary.SOA), len(second.Queries())
	first.On(primary.IXFR, fault)
	first.Publish(t, calm(2, 60))
	second.Publish(t, calm(2, 70))
	notify(t, first, s)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	wantServing(t, s, 2, 60)
	a.WantAllAnswered(t, 0)
	s.WaitLog(t, `serial 2 \(was 1\) by axfr from `+regexp.QuoteMeta(first.Addr())+`: .*before that: IXFR of example\.org\. from `+
		regexp.QuoteMeta(first.Addr())+` \(serial 2\): `+why)
	metric(t, s, "transfers_total", 1, "kind=ixfr", "result=failed")
	metric(t, s, "transfers_total", 2, "kind=axfr", "result=succeeded")
	metric(t, s, "refreshes_total", 0, "result=failed")
	if n := first.Count(primary.SOA) - soas; n != 0 {
		t.Errorf("%d SOA checks", n)
	}
	if n := len(second.Queries()) - others; n != 0 {
		t.Errorf("the other primary was asked: %v", second.Queries())
	}
	if i, a := first.Count(primary.IXFR), first.Count(primary.AXFR); i != 1 || a != 2 {
		t.Errorf("%d IXFRs and %d AXFRs, want 1 and 2", i, a)
	}
}
