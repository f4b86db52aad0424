package drills_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/inbox"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestDrill06SOAAnsweredREFUSEDForLongerThanEXPIRE(t *testing.T) {
	t.Parallel()
	in := inbox.Start(t)
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hurried(1, 5))
	report := []string{"nsfailover report {\nwebhook " + in.URL + "\n}"}
	s := understudy.Start(t, understudy.Config{Corefile: corefileWith(report, p.Addr(), quick...)})
	waitServed(t, s)
	p.On(primary.SOA, primary.Refused())
	for _, alert := range []string{"TransferFailing", "ZoneExpiring", "ZoneExpired"} {
		in.Want(t, `"alert":"`+alert+`"`, `"state":"firing"`, `"zone":"`+zone+`"`, `"serial":"1"`, "REFUSED")
	}
	ask.WaitRcode(t, s.Addr(), zone, dns.RcodeServerFailure)
	m := ask.Ask(t, s.Addr(), "h4."+zone, dns.TypeA, ask.DO())
	if codes := ask.ExtendedErrors(m); m.Rcode != dns.RcodeServerFailure || !slices.Equal(codes, []uint16{dns.ExtendedErrorCodeInvalidData}) {
		t.Errorf("%s with extended errors %v", dns.RcodeToString[m.Rcode], codes)
	}
	s.WaitLog(t, `refresh failed .*the zone expires in .*: SOA check of \S+ from `+regexp.QuoteMeta(p.Addr())+`: refused by the primary: REFUSED`)
	s.WaitLog(t, `\[ERROR\].*EXPIRED: no primary proved serial 1 up to date in time`)
	metric(t, s, "zone_state", 1, "state=expired")
	metric(t, s, "refreshes_total", 1, "result=expired")
	metricAtLeast(t, s, "refreshes_total", 1, "result=failed")
	metricAtLeast(t, s, "unanswered_queries_total", 1)
	metric(t, s, "primary_up", 0, "primary="+p.Addr())
	status(t, s, "state", "^expired$")
	status(t, s, "last_error.reason", `refused by the primary: REFUSED|no primary proved serial 1`)
	status(t, s, "primaries.0.error", `refused by the primary: REFUSED`)
	p.On(primary.SOA)
	ask.WaitSerial(t, s.Addr(), zone, 1)
	s.WaitLog(t, `answers again, with serial 1`)
	metric(t, s, "zone_state", 1, "state=serving")
	for _, alert := range []string{"TransferFailing", "ZoneExpiring", "ZoneExpired"} {
		in.Want(t, `"alert":"`+alert+`"`, `"state":"resolved"`, `"zone":"`+zone+`"`)
	}
}

// A lame primary is one that cannot be asked, however new it claims to be.
func TestDrill07LamePrimary(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault primary.Fault
		why   string
	}{
		"NOERROR without AA":     {primary.NoAA(), "lame: .*AA"},
		"a CNAME at the apex":    {primary.CNAMEAtApex(), "lame: "},
		"NOERROR without an SOA": {primary.Empty(), "lame: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second, s := startTwo(t, steady(1, 50), quick...)
			a := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA)
			first.On(primary.SOA, c.fault)
			first.Publish(t, steady(2, 90))
			second.Publish(t, steady(2, 60))
			ask.WaitSerial(t, s.Addr(), zone, 2)
			wantServing(t, s, 2, 60)
			a.WantAllAnswered(t, 0)
			s.WaitLog(t, `serial 2 \(was 1\) by axfr from `+regexp.QuoteMeta(second.Addr())+
				`: .*before that: SOA check of \S+ from `+regexp.QuoteMeta(first.Addr())+`: `+c.why)
			s.WaitLog(t, `primary `+regexp.QuoteMeta(first.Addr())+` fails, while others do not: .*`+c.why)
			metric(t, s, "primary_up", 0, "primary="+first.Addr())
			metric(t, s, "primary_up", 1, "primary="+second.Addr())
			status(t, s, "primaries.0.error", c.why)
			status(t, s, "primaries.1.serial", "^2$")
			if n := first.Count(primary.AXFR) + first.Count(primary.IXFR); n != 1 {
				t.Errorf("the lame primary was asked for %d transfers", n)
			}
		})
	}
}

func TestDrill08SOAWithTC(t *testing.T) {
	t.Parallel()
	p, s := start(t, steady(1, 50), quick...)
	p.On(primary.SOA, primary.Truncated())
	p.Publish(t, steady(2, 60))
	ask.WaitSerial(t, s.Addr(), zone, 2)
	wantServing(t, s, 2, 60)
	for _, network := range []string{"udp", "tcp"} {
		p.WaitQueryThat(t, 1, "SOA check over "+network, func(q primary.Query) bool { return q.Kind == primary.SOA && q.Net == network })
	}
	metric(t, s, "refreshes_total", 0, "result=failed")
}
