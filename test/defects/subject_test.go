package defects_test

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

// plugin is the one under test.
func plugin() string {
	if p := os.Getenv("DEFECTS_PLUGIN"); p != "" {
		return p
	}
	return "secondaryplus"
}

// quick are bounds that let the timers of hurried be what they are.
var quick = []string{"refresh 1s 10s", "retry 1s 10s", "expire 1s 30s"}

// corefile has one block with the zone; extra are lines of our stanza, which
// the stock plugin has no word for.
func corefile(from string, extra ...string) string {
	if plugin() != "secondaryplus" {
		extra = nil
	}
	return strings.Join([]string{
		zone + ":{{port}} {", "bind 127.0.0.1", "errors", "transfer {\nto *\n}", plugin() + " {", "transfer from " + from,
		strings.Join(extra, "\n"), "}", "prometheus 127.0.0.1:{{port:metrics}}", "}", "",
	}, "\n")
}

// start starts a scripted primary with a text, and the server, and waits until
// the zone is served.
func start(t *testing.T, text string, extra ...string) (*primary.Primary, *understudy.Server) {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, text)
	s := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), extra...)})
	ask.Until(t, "the zone is served", func() error {
		_, err := ask.Serial(s.Addr(), zone)
		return err
	})
	return p, s
}

// timed is a zone with n hosts and any REFRESH, RETRY and EXPIRE.
func timed(serial uint32, n, refresh, retry, expire int) string {
	return primary.Text(serial, n, refresh, retry, expire)
}

// hurried expires three seconds after its last refresh.
func hurried(serial uint32) string { return timed(serial, 5, 1, 1, 3) }

// calm does nothing by itself for an hour, but tries again soon.
func calm(serial uint32, n int) string { return timed(serial, n, 3600, 1, 86400) }

func notify(t *testing.T, p *primary.Primary, s *understudy.Server) {
	t.Helper()
	if m := p.NotifyTo(t, s.Addr(), nil); m.Rcode != dns.RcodeSuccess {
		t.Errorf("the NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
}

// wantServing checks what is served at this moment.
func wantServing(t *testing.T, s *understudy.Server, serial uint32, host string) {
	t.Helper()
	got, err := ask.Serial(s.Addr(), zone)
	if err != nil || got != serial {
		t.Errorf("serial %d (%v) is served, want %d", got, err, serial)
	}
	if m := ask.Ask(t, s.Addr(), host+"."+zone, dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("%s is answered %s with %d records", host, dns.RcodeToString[m.Rcode], len(m.Answer))
	}
}

// wantRefused publishes serial 2 at the primary, spoiled by faults, and checks
// that the server, told again and again, tries and keeps serving what it has.
func wantRefused(t *testing.T, faults ...primary.Fault) (*primary.Primary, *understudy.Server) {
	t.Helper()
	p, s := start(t, calm(1, 50), "ixfr off", "retry 1s 1s")
	p.On(primary.AXFR, faults...)
	p.Publish(t, calm(2, 80))
	refusedAgain(t, p, s, 1)
	wantServing(t, s, 1, "h49")
	p.On(primary.AXFR)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	wantServing(t, s, 2, "h79")
	return p, s
}

// refusedAgain sees to it that there are three tries more, of which two at
// least have been judged, and that none of them changes what is served.
func refusedAgain(t *testing.T, p *primary.Primary, s *understudy.Server, serial uint32) {
	t.Helper()
	ask.Until(t, "three transfers were tried", func() error {
		if got, err := ask.Serial(s.Addr(), zone); err != nil || got != serial {
			t.Fatalf("serial %d (%v) is served, want %d", got, err, serial)
		}
		if n := p.Count(primary.AXFR); n < 4 {
			notify(t, p, s)
			return fmt.Errorf("%d", n-1)
		}
		return nil
	})
}
