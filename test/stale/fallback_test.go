package stale_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const emergency = "$TTL 3600\n@ SOA ns hostmaster 99 3600 600 86400 3600\n@ NS ns\nns A 127.0.0.1\n* A 192.0.2.99\n"

// wantEmergency checks an answer from the fallback file.
func wantEmergency(t *testing.T, m *dns.Msg, ttl uint32) {
	t.Helper()
	ede, _ := extended(m)
	if len(m.Answer) != 1 || !m.Authoritative || ede.ExtraText != "answered from the fallback file" {
		t.Fatalf("%v", m)
	}
	if a, ok := m.Answer[0].(*dns.A); !ok || a.A.String() != "192.0.2.99" || a.Hdr.Ttl != ttl {
		t.Errorf("%v", m)
	}
	wantTTLs(t, m, ttl)
}

func TestTheFallbackAnswersUntilTheFirstTransfer(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.OnAll(primary.Silent())
	p.Publish(t, hurried(1)) // an older serial than that of the file
	s := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), "fallback "+file(t, emergency), "stale off ttl 9s")})
	wantEmergency(t, waitKind(t, s, "NOERROR 3"), 9)
	if m := ask.Ask(t, s.Addr(), "ns."+zone, dns.TypeMX, ask.DO()); kind(m) != "NOERROR 3" || len(m.Ns) == 0 || m.Ns[0].Header().Ttl != 9 {
		t.Errorf("%v", m)
	}
	if m := ask.Ask(t, s.Addr(), "no.ns."+zone, dns.TypeMX, ask.DO()); kind(m) != "NXDOMAIN 19" {
		t.Errorf("%v", m)
	}
	if m := ask.Ask(t, s.Addr(), "www."+zone, dns.TypeA); m.IsEdns0() != nil || len(m.Answer) != 1 {
		t.Errorf("without EDNS: %v", m)
	}
	wantNoTransfer(t, s)
	s.WaitLog(t, `example.org.: queries are answered from the fallback file`)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_state", 1, "zone="+zone, "state=fallback")
	s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_fallback_answers_total", "counts", func(n float64) bool { return n >= 4 }, "zone="+zone)
	p.OnAll()
	waitServing(t, s)
	if m := waitKind(t, s, "fresh"); m.Answer[0].(*dns.A).A.String() != "192.0.2.80" || m.Answer[0].Header().Ttl != 300 {
		t.Errorf("%v", m)
	}
	s.WaitLog(t, `answers, with serial 1; answers from the fallback file until then: \d+`)
	if lines := ask.AXFR(t, s.Addr(), zone, nil); len(lines) != 7 {
		t.Errorf("%q", lines)
	}
}

func TestTheFallbackComesAfterTheStaleTime(t *testing.T) {
	t.Parallel()
	p, s := start(t, hurried(1), "stale 6s", "fallback "+file(t, emergency))
	p.OnAll(primary.Silent())
	if m := waitKind(t, s, "NOERROR 3"); m.Answer[0].(*dns.A).A.String() != "192.0.2.80" {
		t.Fatalf("%v", m)
	}
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_state", 1, "zone="+zone, "state=fallback")
	wantEmergency(t, waitKind(t, s, "NOERROR 3"), 30)
	s.WaitLog(t, `stale answers are over; queries are answered from the fallback file`)
	wantNoTransfer(t, s)
	p.OnAll()
	waitKind(t, s, "fresh")
	s.WaitLog(t, `answers again, with serial 1;.* stale answers until then: \d+; answers from the fallback file until then: \d+`)
}

func TestARelativeFallbackLiesBelowTheRoot(t *testing.T) {
	t.Parallel()
	path := file(t, emergency)
	text := corefile("127.0.0.1:1", "fallback "+filepath.Base(path))
	text = strings.Replace(text, "errors", "errors\nroot "+filepath.Dir(path), 1)
	s := understudy.Start(t, understudy.Config{Corefile: text})
	wantEmergency(t, waitKind(t, s, "NOERROR 3"), 30)
}

func TestABrokenFallbackIsAStartError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"nothing in it":      {"", "db.fallback:1: not a file of the zone: it has no records"},
		"a line that is not": {emergency + "www A nowhere\n", "db.fallback: dns: bad A A: \"nowhere\" at line: 6:"},
		"another zone":       {strings.Replace(emergency, "@ SOA", "example.net. SOA", 1), "db.fallback:2: not a file of the zone: example.net. SOA"},
		"no NS":              {strings.Replace(emergency, "@ NS ns\n", "", 1), "db.fallback: rejected: serial 99 has no NS at the apex"},
		"no SOA":             {"$TTL 300\n@ NS ns\nns A 127.0.0.1\n", "db.fallback:3: not a file of the zone: zone does not have exactly one SOA"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, file(t, c.text), c.want)
		})
	}
	t.Run("no file", func(t *testing.T) {
		t.Parallel()
		wantRefused(t, "/nowhere/db.fallback", "open /nowhere/db.fallback: no such file or directory")
	})
}

func wantRefused(t *testing.T, path, want string) {
	t.Helper()
	_, err := understudy.TryStart(t, understudy.Config{Corefile: corefile("127.0.0.1:1", "fallback "+path)})
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Corefile:12 - fallback of example.org.") {
		t.Errorf("got %v", err)
	}
}

// The new instance reads the file anew. If it cannot, the old one goes on with its own.
func TestAReloadReadsTheFallbackAnew(t *testing.T) {
	t.Parallel()
	path := file(t, emergency)
	text := corefile("127.0.0.1:1", "fallback "+path)
	s := understudy.Start(t, understudy.Config{Corefile: text})
	wantEmergency(t, waitKind(t, s, "NOERROR 3"), 30)
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("broken")
	if err := s.TryReload(t, text); err == nil || !strings.Contains(err.Error(), "fallback of example.org.") {
		t.Errorf("got %v", err)
	}
	wantEmergency(t, waitKind(t, s, "NOERROR 3"), 30)
	write(strings.ReplaceAll(emergency, "192.0.2.99", "192.0.2.100"))
	s.Reload(t, text)
	if m := waitKind(t, s, "NOERROR 3"); m.Answer[0].(*dns.A).A.String() != "192.0.2.100" {
		t.Errorf("%v", m)
	}
	s.Reload(t, corefile("127.0.0.1:1"))
	waitKind(t, s, "SERVFAIL 14")
}
