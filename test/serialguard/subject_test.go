package serialguard_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

// calm does nothing by itself for an hour, but tries again soon.
func calm(serial uint32, hosts int) string { return primary.Text(serial, hosts, 3600, 1, 86400) }

var silent = primary.Silent()

// An upstream is a primary, scripted or real.
type upstream interface{ Addr() string }

// corefile has serialguard with some properties before secondaryplus.
func corefile(p upstream, guard ...string) string { return corefileOf([]upstream{p}, guard...) }

func corefileOf(primaries []upstream, guard ...string) string {
	from := "transfer from"
	for _, p := range primaries {
		from += " " + p.Addr()
	}
	lines := []string{
		".:{{port}} {", "bind 127.0.0.1", "errors", "prometheus 127.0.0.1:{{port:metrics}}", "serialguard " + zone + " {",
	}
	lines = append(lines, guard...)
	lines = append(lines, "}", "secondaryplus "+zone+" {", from, "retry 1s 1s", "persist {{dir}}",
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

// real starts a real primary with a text. Without IXFR, named loads whatever serial a file has.
func real(t *testing.T, kind peer.Kind, text string) *peer.Server {
	t.Helper()
	peer.Require(t, kind)
	return peer.Start(t, kind, peer.Config{Zones: []peer.Zone{{Name: zone, Text: text, NoIXFR: kind == peer.Named}}})
}

// startReal starts ours with real primaries, and waits for a serial.
func startReal(t *testing.T, serial uint32, primaries []*peer.Server, guard ...string) *understudy.Server {
	t.Helper()
	var list []upstream
	for _, p := range primaries {
		list = append(list, p)
	}
	s := understudy.Start(t, understudy.Config{Corefile: corefileOf(list, guard...)})
	ask.WaitSerial(t, s.Addr(), zone, serial)
	return s
}

// load has a real primary serve a text with a serial, and tells ours.
func load(t *testing.T, p *peer.Server, s *understudy.Server, serial uint32, text string) {
	t.Helper()
	p.SetZone(t, zone, text)
	p.WaitServing(t, zone, serial)
	remind(t, s, serial)
}

// remind tells ours that a primary on 127.0.0.1 has a serial.
func remind(t *testing.T, s *understudy.Server, serial uint32) {
	t.Helper()
	if m := ask.Notify(t, s.Addr(), zone, serial, nil); m.Rcode != dns.RcodeSuccess {
		t.Errorf("the NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
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
	wantVerdict(t, s, rule, "hold")
	s.WaitStatus(t, "status", zone, "held.findings.0.rule", rule)
	if got, err := ask.Serial(s.Addr(), zone); got != served {
		t.Errorf("serial %d is served, not %d: %v", got, served, err)
	}
	return regexp.MustCompile(`sha384:[0-9a-f]{96}`).FindString(s.Log())
}

// wantVerdict waits until a rule has found something.
func wantVerdict(t *testing.T, s *understudy.Server, rule, verdict string) {
	t.Helper()
	s.WaitMetricThat(t, "metrics", "coredns_serialguard_verdicts_total", "≥ 1", func(v float64) bool { return v >= 1 },
		"zone="+zone, "rule="+rule, "verdict="+verdict)
}

// wantNoVerdict says whether a rule has found nothing so far.
func wantNoVerdict(t *testing.T, s *understudy.Server, rule string) {
	t.Helper()
	if v, there := s.Metrics(t, "metrics").Value("coredns_serialguard_verdicts_total", "zone="+zone, "rule="+rule); there {
		t.Errorf("%v findings of %s", v, rule)
	}
}
