package stale_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

// hurried expires three seconds after its last refresh.
func hurried(serial int) string {
	return fmt.Sprintf("$TTL 300\n@ SOA ns hostmaster %d 1 1 3 300\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.80\n"+
		"ftp CNAME www\naway CNAME www.example.net.\nquick 2 A 192.0.2.81\n", serial)
}

// corefile has a block with the zone, and one with a zone that does not expire.
func corefile(from string, lines ...string) string {
	return strings.Join([]string{
		zone + ":{{port}} {", "bind 127.0.0.1", "errors", "transfer {\nto *\n}",
		"secondaryplus {", "transfer from " + from, "refresh 1s 10s", "retry 1s 10s", "expire 1s 30s",
		strings.Join(lines, "\n"), "}", "prometheus 127.0.0.1:{{port:metrics}}", "}", "",
	}, "\n")
}

// start starts a scripted primary with a text, and the server, and waits until the zone is served.
func start(t *testing.T, text string, lines ...string) (*primary.Primary, *understudy.Server) {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, text)
	s := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), lines...)})
	waitServing(t, s)
	return p, s
}

// waitServing waits for an answer that is as fresh as its AA bit says.
func waitServing(t *testing.T, s *understudy.Server) {
	t.Helper()
	ask.Until(t, "the zone is served", func() error {
		_, err := ask.Serial(s.Addr(), zone)
		return err
	})
}

// waitKind waits until the answers are of a kind: "fresh", "SERVFAIL 24", "NOERROR 3".
func waitKind(t *testing.T, s *understudy.Server, want string) *dns.Msg {
	t.Helper()
	var m *dns.Msg
	ask.Until(t, "answers are "+want, func() (err error) {
		if m, err = ask.Query(s.Addr(), "www."+zone, dns.TypeA, ask.DO()); err != nil {
			return err
		}
		if got := kind(m); got != want {
			return errors.New(got)
		}
		return nil
	})
	return m
}

// kind is the RCODE and the extended error of an answer.
func kind(m *dns.Msg) string {
	ede, ok := extended(m)
	if !ok && m.Rcode == dns.RcodeSuccess {
		return "fresh"
	}
	return fmt.Sprintf("%s %d", dns.RcodeToString[m.Rcode], ede.InfoCode)
}

func extended(m *dns.Msg) (dns.EDNS0_EDE, bool) {
	if opt := m.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if ede, ok := o.(*dns.EDNS0_EDE); ok {
				return *ede, true
			}
		}
	}
	return dns.EDNS0_EDE{}, false
}

// wantTTLs checks every TTL of an answer.
func wantTTLs(t *testing.T, m *dns.Msg, highest uint32) {
	t.Helper()
	for _, section := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
		for _, rr := range section {
			if h := rr.Header(); h.Rrtype != dns.TypeOPT && h.Ttl > highest {
				t.Errorf("a TTL above %d: %s", highest, rr)
			}
		}
	}
}

// wantNoTransfer checks that nobody gets the zone.
func wantNoTransfer(t *testing.T, s *understudy.Server) {
	t.Helper()
	if rrs, err := ask.FetchAXFR(s.Addr(), zone, nil); err == nil || len(rrs) > 0 {
		t.Errorf("AXFR gave %d records (%v)", len(rrs), err)
	}
	if rrs, err := ask.FetchIXFR(s.Addr(), zone, 1, nil); err == nil || len(rrs) > 0 {
		t.Errorf("IXFR gave %v (%v)", rrs, err)
	}
	if n, err := ask.Serial(s.Addr(), zone); err == nil {
		t.Errorf("a secondary below would believe that serial %d is up to date", n)
	}
}

// file writes a zone file.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db.fallback")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
