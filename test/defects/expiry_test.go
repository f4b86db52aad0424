package defects_test

import (
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestD01AnExpiredZoneRevivesWithTheSameSerial(t *testing.T) {
	t.Parallel()
	p, s := start(t, hurried(1), quick...)
	p.OnAll(primary.Silent())
	ask.WaitRcode(t, s.Addr(), zone, dns.RcodeServerFailure)
	p.OnAll()
	ask.WaitSerial(t, s.Addr(), zone, 1)
	wantServing(t, s, 1, "h4")
	if n := p.Count(primary.AXFR); n != 1 {
		t.Errorf("%d AXFR queries: one good SOA answer is enough", n)
	}
}

func TestD02OnlyAGoodAnswerRestartsTheClock(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]primary.Fault{
		"REFUSED":                      primary.Refused(),
		"SERVFAIL":                     primary.Servfail(),
		"NOTAUTH":                      primary.Notauth(),
		"NXDOMAIN":                     primary.Nxdomain(),
		"NOTIMP":                       primary.Notimp(),
		"NOERROR without a record":     primary.Empty(),
		"an SOA without AA":            primary.NoAA(),
		"the SOA of another zone":      primary.OtherOwner(),
		"two SOA records":              primary.TwoSOAs(),
		"an answer to something else":  primary.WrongQuestion(),
		"an answer with another ID":    primary.WrongID(),
		"a query instead of an answer": primary.NotAResponse(),
		"an alias of the apex":         primary.CNAMEAtApex(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := start(t, hurried(1), quick...)
			p.On(primary.SOA, fault)
			ask.WaitRcode(t, s.Addr(), zone, dns.RcodeServerFailure)
			p.On(primary.SOA)
			ask.WaitSerial(t, s.Addr(), zone, 1)
		})
	}
}

// Only NOTIFY brings anything here: SOA checks would fail, and by the transfers
// they never become due. The zone is served until well after its first lease.
func TestD10ATransferAfterNOTIFYRestartsTheClock(t *testing.T) {
	t.Parallel()
	version := func(serial uint32) string { return timed(serial, 5, 6, 1, 7) }
	p, s := start(t, version(1), quick...)
	p.On(primary.SOA, primary.Servfail())
	changeFor(t, p, s, 9*time.Second, version)
	if n := p.Count(primary.SOA); n != 1 {
		t.Errorf("%d SOA checks: the transfers did not put them off", n)
	}
}

// One check fails, and RETRY is longer than EXPIRE. In the stock plugin such a
// zone may expire, by chance of its jitter, however often it is transferred.
func TestD10AFailedCheckIsForgottenAfterATransfer(t *testing.T) {
	t.Parallel()
	version := func(serial uint32) string { return timed(serial, 5, 1, 60, 5) }
	p, s := start(t, version(1), quick...)
	p.On(primary.SOA, primary.Silent())
	p.WaitQuery(t, primary.SOA, 2)
	p.On(primary.SOA)
	changeFor(t, p, s, 9*time.Second, version)
}

// changeFor publishes and announces one version after the other. Each must be
// served; for how long, decides how many leases are outlived.
func changeFor(t *testing.T, p *primary.Primary, s *understudy.Server, long time.Duration, version func(uint32) string) {
	t.Helper()
	end := time.Now().Add(long)
	for serial := uint32(2); time.Now().Before(end); serial++ {
		p.Publish(t, version(serial))
		notify(t, p, s)
		ask.WaitSerial(t, s.Addr(), zone, serial)
	}
}

func TestD17AnExpiredZoneIsNotTransferredOut(t *testing.T) {
	t.Parallel()
	p, s := start(t, hurried(1), quick...)
	if lines := ask.AXFR(t, s.Addr(), zone, nil); len(lines) != 8 {
		t.Errorf("before: %q", lines)
	}
	p.OnAll(primary.Silent())
	ask.WaitRcode(t, s.Addr(), zone, dns.RcodeServerFailure)
	if rrs, err := ask.FetchAXFR(s.Addr(), zone, nil); err == nil || len(rrs) > 0 {
		t.Errorf("AXFR gave %d records", len(rrs))
	}
	if rrs, err := ask.FetchIXFR(s.Addr(), zone, 1, nil); err == nil || len(rrs) > 0 {
		t.Errorf("IXFR gave %v", rrs)
	}
	p.OnAll()
	ask.WaitSerial(t, s.Addr(), zone, 1)
	if lines := ask.AXFR(t, s.Addr(), zone, nil); len(lines) != 8 {
		t.Errorf("after: %q", lines)
	}
}

func TestD26AnExpiredZoneDoesNotFillTheLog(t *testing.T) {
	t.Parallel()
	p, s := start(t, hurried(1), quick...)
	p.OnAll(primary.Silent())
	ask.WaitRcode(t, s.Addr(), zone, dns.RcodeServerFailure)
	mark := s.Mark()
	for range 500 {
		ask.Ask(t, s.Addr(), "h1."+zone, dns.TypeA)
	}
	p.OnAll()
	ask.WaitSerial(t, s.Addr(), zone, 1)
	if n := strings.Count(s.LogSince(mark), "\n"); n > 20 {
		t.Errorf("%d lines were logged for 500 queries", n)
	}
	s.WaitLogFrom(t, mark, `answers again, with serial 1; queries answered SERVFAIL until then: \d{3}`)
	if n := strings.Count(s.Log(), "EXPIRED"); n != 1 {
		t.Errorf("the end of the lease was logged %d times", n)
	}
}
