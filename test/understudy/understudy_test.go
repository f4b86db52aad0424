package understudy_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

const corefile = `
example.org:{{port}} {
    bind 127.0.0.1
    template IN A {
        answer "{{ .Name }} 60 IN A 192.0.2.1"
    }
    prometheus 127.0.0.1:{{port:metrics}}
}
`

func TestStartAskCountReloadKillRestart(t *testing.T) {
	s := understudy.Start(t, understudy.Config{Corefile: corefile})
	address(t, s, "192.0.2.1")
	s.WaitMetric(t, "metrics", "coredns_dns_requests_total", 1, "zone=example.org.", "type=A", "proto=udp")
	if n, ok := s.Metrics(t, "metrics").Value("coredns_dns_request_duration_seconds_count"); !ok || n < 1 {
		t.Errorf("histogram count %v, %t", n, ok)
	}
	s.Reload(t, strings.ReplaceAll(corefile, "192.0.2.1", "192.0.2.2"))
	address(t, s, "192.0.2.2")
	if err := s.TryReload(t, "example.org:{{port}} { nonsense }"); err == nil {
		t.Error("a broken Corefile was accepted")
	}
	address(t, s, "192.0.2.2")
	s.Reload(t, corefile)
	s.Kill9()
	if s.Running() {
		t.Error("it still runs")
	}
	s.Restart(t)
	address(t, s, "192.0.2.1")
	if u := s.Usage(t); u.Resident == 0 || u.PeakResident < u.Resident || u.Descriptors == 0 {
		t.Errorf("usage: %+v", u)
	}
}

// address checks the template's answer over both transports.
func address(t *testing.T, s *understudy.Server, want string) {
	t.Helper()
	for _, opts := range [][]ask.Option{nil, {ask.TCP()}} {
		m := ask.Ask(t, s.Addr(), "www.example.org.", dns.TypeA, opts...)
		if len(m.Answer) != 1 || !strings.HasSuffix(m.Answer[0].String(), want) {
			t.Errorf("want %s, got %v", want, m)
		}
	}
}

func TestABrokenCorefileIsAnErrorWithItsText(t *testing.T) {
	_, err := understudy.TryStart(t, understudy.Config{Corefile: ".:{{port}} { nonsense }"})
	if err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("error: %v", err)
	}
}
