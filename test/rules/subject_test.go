package rules_test

import (
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

// start starts a scripted primary with a text, and ours, which serves it. extra are lines of our stanza.
func start(t *testing.T, text string, extra ...string) (*primary.Primary, *understudy.Server) {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, text)
	lines := append([]string{
		".:{{port}} {", "bind 127.0.0.1", "errors", "prometheus 127.0.0.1:{{port:metrics}}",
		"secondaryplus " + zone + " {", "transfer from " + p.Addr(), "retry 1s 1s",
	}, extra...)
	s := understudy.Start(t, understudy.Config{Corefile: strings.Join(append(lines, "}", "}", ""), "\n")})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	return p, s
}

func publish(t *testing.T, p *primary.Primary, s *understudy.Server, text string) {
	t.Helper()
	p.Publish(t, text)
	if m := p.NotifyTo(t, s.Addr(), nil); m.Rcode != dns.RcodeSuccess {
		t.Errorf("the NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
}

// keepsOut waits until a version was refused for a reason, and looks whether the last good one goes on. host is
// a name that only the refused one has.
func keepsOut(t *testing.T, s *understudy.Server, serial uint32, host, reason string) {
	t.Helper()
	s.WaitLog(t, `refresh failed.*`+reason)
	s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_refreshes_total", "≥ 1", func(v float64) bool { return v >= 1 }, "zone="+zone, "result=failed")
	if got, err := ask.Serial(s.Addr(), zone); got != serial {
		t.Errorf("serial %d is served, not %d: %v", got, serial, err)
	}
	if m := ask.Ask(t, s.Addr(), host+"."+zone, dns.TypeA); m.Rcode != dns.RcodeNameError {
		t.Errorf("%s is answered %v", host, m)
	}
	if m := ask.Ask(t, s.Addr(), "ns."+zone, dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("the last good version does not answer: %v", m)
	}
}
