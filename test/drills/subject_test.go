package drills_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

// long says whether the drills may take as long as they want.
func long() bool { return os.Getenv("DRILLS") == "all" }

// onlyLong leaves a drill out that cannot be made short.
func onlyLong(t *testing.T) {
	t.Helper()
	if !long() {
		t.Skip("this one takes more than a minute: DRILLS=all runs it")
	}
}

// quick are bounds that let the timers of hurried be what they are.
var quick = []string{"refresh 1s 10s", "retry 1s 10s", "expire 1s 30s"}

// calm does nothing by itself for an hour, but tries again soon.
func calm(serial uint32, n int) string { return primary.Text(serial, n, 3600, 1, 86400) }

// hurried expires three seconds after its last refresh.
func hurried(serial uint32, n int) string { return primary.Text(serial, n, 1, 1, 3) }

// steady asks every second and does not expire while a test runs.
func steady(serial uint32, n int) string { return primary.Text(serial, n, 1, 1, 600) }

// corefile has one block with the zone. from are the primaries, with their key; more are lines of the stanza.
func corefile(from string, more ...string) string { return corefileWith(nil, from, more...) }

// corefileWith has further lines in the block.
func corefileWith(block []string, from string, more ...string) string {
	return strings.Join([]string{
		zone + ":{{port}} {", "bind 127.0.0.1", "errors",
		"prometheus 127.0.0.1:{{port:metrics}}", "pprof 127.0.0.1:{{port:pprof}}",
		strings.Join(block, "\n"), "secondaryplus {", "status 127.0.0.1:{{port:status}}",
		"transfer from " + from, strings.Join(more, "\n"), "}", "}", "",
	}, "\n")
}

// secret is the stock plugin that knows a key.
func secret(k ask.Key) []string {
	return []string{"tsig {\nsecret " + k.FQDN() + " " + k.Secret + "\n}"}
}

// start starts a scripted primary with a text, and ours, and waits until the zone is served.
func start(t *testing.T, text string, more ...string) (*primary.Primary, *understudy.Server) {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, text)
	s := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), more...)})
	waitServed(t, s)
	return p, s
}

// startTwo starts two scripted primaries, of which the first is the source of what ours serves, and ours.
func startTwo(t *testing.T, text string, more ...string) (first, second *primary.Primary, s *understudy.Server) {
	t.Helper()
	first, second = primary.Start(t, primary.Config{Zone: zone}), primary.Start(t, primary.Config{Zone: zone})
	first.Publish(t, text)
	s = understudy.Start(t, understudy.Config{Corefile: corefile(first.Addr()+" "+second.Addr(), more...)})
	waitServed(t, s)
	second.Publish(t, text)
	return first, second, s
}

func waitServed(t *testing.T, s *understudy.Server) {
	t.Helper()
	ask.Until(t, "the zone is served", func() error {
		_, err := ask.Serial(s.Addr(), zone)
		return err
	})
}

func notify(t *testing.T, p *primary.Primary, s *understudy.Server) {
	t.Helper()
	if m := p.NotifyTo(t, s.Addr(), nil); m.Rcode != dns.RcodeSuccess {
		t.Errorf("the NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
}

// wantServing checks what is served at this moment: a serial, and the last host of n.
func wantServing(t *testing.T, s *understudy.Server, serial uint32, n int) {
	t.Helper()
	if got, err := ask.Serial(s.Addr(), zone); err != nil || got != serial {
		t.Errorf("serial %d (%v) is served, want %d", got, err, serial)
	}
	for host, want := range map[int]int{n - 1: dns.RcodeSuccess, n: dns.RcodeNameError} {
		if m := ask.Ask(t, s.Addr(), fmt.Sprintf("h%d.%s", host, zone), dns.TypeA); m.Rcode != want {
			t.Errorf("h%d is answered %s, want %s", host, dns.RcodeToString[m.Rcode], dns.RcodeToString[want])
		}
	}
}

// metric waits until a metric of the zone has a value.
func metric(t *testing.T, s *understudy.Server, name string, want float64, labels ...string) {
	t.Helper()
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_"+name, want, append(labels, "zone="+zone)...)
}

// metricAtLeast waits until it has at least this value.
func metricAtLeast(t *testing.T, s *understudy.Server, name string, least float64, labels ...string) {
	t.Helper()
	s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_"+name, fmt.Sprintf(">= %v", least),
		func(v float64) bool { return v >= least }, append(labels, "zone="+zone)...)
}

// status waits until a field of the zone's document matches a pattern.
func status(t *testing.T, s *understudy.Server, path, pattern string) {
	t.Helper()
	s.WaitStatus(t, "status", zone, path, pattern)
}

// waitIdle waits until nothing runs and nothing waits to run.
func waitIdle(t *testing.T, s *understudy.Server) {
	t.Helper()
	for _, busy := range []string{"transfers_running", "refreshes_running", "scheduler_queue"} {
		s.WaitMetric(t, "metrics", "coredns_secondaryplus_"+busy, 0)
	}
}
