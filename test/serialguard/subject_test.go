package serialguard_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

// calm does nothing by itself for an hour, but tries again soon.
func calm(serial uint32, hosts int) string { return primary.Text(serial, hosts, 3600, 1, 86400) }

// corefile has serialguard with some properties before secondaryplus.
func corefile(p *primary.Primary, guard ...string) string {
	lines := []string{
		".:{{port}} {", "bind 127.0.0.1", "errors", "prometheus 127.0.0.1:{{port:metrics}}", "serialguard " + zone + " {",
	}
	lines = append(lines, guard...)
	lines = append(lines, "}", "secondaryplus "+zone+" {", "transfer from "+p.Addr(), "retry 1s 1s", "persist {{dir}}",
		"status 127.0.0.1:{{port:status}}", "}", "}", "")
	return strings.Join(lines, "\n")
}

// start starts a scripted primary with a text, and ours, which serves it, guarded.
func start(t *testing.T, text string, guard ...string) (*primary.Primary, *understudy.Server) {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, text)
	s := understudy.Start(t, understudy.Config{Corefile: corefile(p, guard...)})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	return p, s
}

func publish(t *testing.T, p *primary.Primary, s *understudy.Server, text string) {
	t.Helper()
	p.Publish(t, text)
	tell(t, p, s)
}

func tell(t *testing.T, p *primary.Primary, s *understudy.Server) {
	t.Helper()
	if m := p.NotifyTo(t, s.Addr(), nil); m.Rcode != dns.RcodeSuccess {
		t.Errorf("the NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
}

// wantHeld waits until a serial is held by a rule for a reason, and looks whether the one before is answered.
func wantHeld(t *testing.T, s *understudy.Server, serial, served uint32, rule, reason string) (digest string) {
	t.Helper()
	s.WaitLog(t, fmt.Sprintf(`serial %d from .* is HELD: .*`, serial)+reason)
	s.WaitMetric(t, "metrics", "coredns_serialguard_held", 1, "zone="+zone)
	s.WaitMetric(t, "metrics", "coredns_serialguard_candidate_serial", float64(serial), "zone="+zone)
	s.WaitMetric(t, "metrics", "coredns_serialguard_serving_serial", float64(served), "zone="+zone)
	s.WaitMetricThat(t, "metrics", "coredns_serialguard_verdicts_total", "≥ 1", func(v float64) bool { return v >= 1 },
		"zone="+zone, "rule="+rule, "verdict=hold")
	s.WaitStatus(t, "status", zone, "held.findings.0.rule", rule)
	if got, err := ask.Serial(s.Addr(), zone); got != served {
		t.Errorf("serial %d is served, not %d: %v", got, served, err)
	}
	return regexp.MustCompile(`sha384:[0-9a-f]{96}`).FindString(s.Log())
}
