package drills_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// startSigned starts a scripted primary that wants a key, and ours with that key.
func startSigned(t *testing.T, text string) (*primary.Primary, *understudy.Server) {
	t.Helper()
	key := ask.NewKey("transfer.")
	p := primary.Start(t, primary.Config{Zone: zone, Key: &key, RequireTSIG: true})
	p.Publish(t, text)
	s := understudy.Start(t, understudy.Config{
		Corefile: corefileWith(secret(key), p.Addr()+" key transfer.", append(quick, "ixfr off")...),
	})
	waitServed(t, s)
	return p, s
}

// wantUnproved has the primary's answers spoiled from now on: the new version must not come, each failure must
// be told with its reason.
func wantUnproved(t *testing.T, p *primary.Primary, s *understudy.Server, kind primary.Kind, why string, faults ...primary.Fault) {
	t.Helper()
	a := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA)
	p.On(kind, faults...)
	p.Publish(t, primary.Text(2, 60, 1, 10, 600))
	s.WaitLog(t, `refresh failed \(attempt 1; .*next try in 1s: `+operation(kind)+` of \S+ from `+regexp.QuoteMeta(p.Addr())+`[^:]*: TSIG: `+why)
	metricAtLeast(t, s, "tsig_failures_total", 1)
	status(t, s, "last_error.reason", operation(kind)+` of \S+ from `+regexp.QuoteMeta(p.Addr())+`[^:]*: TSIG: `+why)
	status(t, s, "last_error.result", "^failed$")
	status(t, s, "primaries.0.key", `^transfer\.$`)
	wantServing(t, s, 1, 50)
	a.WantAllAnswered(t, 0)
	p.On(kind)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	metric(t, s, "zone_failed_attempts", 0)
}

// operation is what the log calls a kind of query.
func operation(k primary.Kind) string {
	if k == primary.SOA {
		return "SOA check"
	}
	return string(k)
}

func TestDrill09WrongTSIGKeyOrSignature(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  primary.Kind
		fault primary.Fault
		why   string
	}{
		"the primary does not know our key":            {primary.SOA, primary.BadKey(), `.*BADKEY from the primary`},
		"the primary finds our signature wrong":        {primary.SOA, primary.BadSig(), `.*BADSIG from the primary`},
		"the primary's signature is wrong":             {primary.SOA, primary.BadMAC(), `.*BADSIG\)`},
		"the primary refuses our key for the transfer": {primary.AXFR, primary.BadKey(), `.*BADKEY from the primary`},
		"the primary's signature of the zone is wrong": {primary.AXFR, primary.BadMAC(), `.*BADSIG\)`},
		"the zone is altered on the way":               {primary.AXFR, primary.Altered(0), `.*BADSIG\)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := startSigned(t, primary.Text(1, 50, 1, 10, 600))
			wantUnproved(t, p, s, c.kind, c.why, c.fault)
		})
	}
}

func TestDrill09TriesWithAWrongKeyComeLessAndLessOften(t *testing.T) {
	t.Parallel()
	p, s := startSigned(t, primary.Text(1, 50, 1, 10, 600))
	p.On(primary.AXFR, primary.BadKey())
	p.Publish(t, primary.Text(2, 60, 1, 10, 600))
	for attempt, wait := range map[int]string{1: "1", 2: "2", 4: "[78]"} { // the log leaves the third line of a kind out
		s.WaitLog(t, fmt.Sprintf(`refresh failed \(attempt %d; .*next try in %ss: .*BADKEY`, attempt, wait))
	}
	metric(t, s, "tsig_failures_total", 4)
	metric(t, s, "zone_failed_attempts", 4)
	wantServing(t, s, 1, 50)
}

func TestDrill10ClockSkewOf301Seconds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault primary.Fault
		why   string
	}{
		"the primary finds our clock wrong, and is ahead":  {primary.BadTime(301), `.*BADTIME from the primary\), its clock is \+30[012] s from ours`},
		"the primary finds our clock wrong, and is behind": {primary.BadTime(-301), `.*BADTIME from the primary\), its clock is -30[012] s from ours`},
		"the primary signs in the future":                  {primary.Skew(302), `.*BADTIME\), its clock is \+30[123] s from ours`},
		"the primary signs in the past":                    {primary.Skew(-301), `.*BADTIME\), its clock is -30[012] s from ours`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := startSigned(t, primary.Text(1, 50, 1, 10, 600))
			wantUnproved(t, p, s, primary.SOA, c.why, c.fault)
		})
	}
	t.Run("a skew within the fudge is nothing", func(t *testing.T) {
		t.Parallel()
		p, s := startSigned(t, primary.Text(1, 50, 1, 10, 600))
		p.OnAll(primary.Skew(290))
		p.Publish(t, primary.Text(2, 60, 1, 10, 600))
		ask.WaitSerial(t, s.Addr(), zone, 2)
		metric(t, s, "tsig_failures_total", 0)
	})
}

func TestDrill11UnsignedReplyToASignedQuery(t *testing.T) {
	t.Parallel()
	for _, kind := range []primary.Kind{primary.SOA, primary.AXFR} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p, s := startSigned(t, primary.Text(1, 50, 1, 10, 600))
			wantUnproved(t, p, s, kind, `.*(unsigned|no TSIG|not signed)`, primary.Unsigned())
		})
	}
}

// The zone has 303 records, one a message.
func TestDrill12TSIGOnTheFirstEvery100thAndLastMessageOnly(t *testing.T) {
	t.Parallel()
	t.Run("99 unsigned in a row are accepted", func(t *testing.T) {
		t.Parallel()
		p, s := startSigned(t, primary.Text(1, 50, 1, 10, 600))
		p.On(primary.AXFR, primary.OneByOne(), primary.SignEvery(100))
		p.Publish(t, primary.Text(2, 300, 1, 10, 600))
		ask.WaitSerial(t, s.Addr(), zone, 2)
		wantServing(t, s, 2, 300)
		if d := p.WaitDelivery(t, primary.AXFR, 2); d.Messages < 300 {
			t.Errorf("the zone came in %d messages", d.Messages)
		}
		metric(t, s, "tsig_failures_total", 0)
	})
	t.Run("100 unsigned in a row are refused", func(t *testing.T) {
		t.Parallel()
		p, s := startSigned(t, primary.Text(1, 50, 1, 10, 600))
		more := primary.Parse(t, zone, primary.Text(2, 300, 1, 10, 600))
		wantUnproved(t, p, s, primary.AXFR, `.*unsigned`, primary.Records(more[3:]...), primary.OneByOne(), primary.SignEvery(101))
	})
}
