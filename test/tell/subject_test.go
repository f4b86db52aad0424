package tell_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

// content is a zone whose REFRESH is so long that a secondary learns of a new
// version by NOTIFY or not at all.
func content(serial uint32) string {
	return fmt.Sprintf("$TTL 300\n@ SOA ns hostmaster %d 86400 86400 864000 30\n@ NS ns\nns A 127.0.0.1\n", serial)
}

// corefile gives the zone to everybody, and has more lines in our stanza. key,
// unless nil, is known to the server.
func corefile(from string, key *ask.Key, lines ...string) string {
	secret := ""
	if key != nil {
		secret = fmt.Sprintf("tsig {\nsecret %s %s\n}", key.FQDN(), key.Secret)
	}
	return strings.Join([]string{
		zone + ":{{port}} {", "bind 127.0.0.1", secret, "transfer {\nto *\n}",
		"secondaryplus {", "transfer from " + from, strings.Join(lines, "\n"), "}",
		"prometheus 127.0.0.1:{{port:metrics}}", "}", "",
	}, "\n")
}

// start starts a scripted primary with serial 1, and ours of it.
func start(t *testing.T, key *ask.Key, lines ...string) (*primary.Primary, *understudy.Server) {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, content(1))
	s := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), key, lines...)})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	return p, s
}

// change publishes a version at the primary and waits until ours has it.
func change(t *testing.T, p *primary.Primary, s *understudy.Server, serial uint32) {
	t.Helper()
	p.Publish(t, content(serial))
	if m := p.NotifyTo(t, s.Addr(), nil); m.Rcode != dns.RcodeSuccess {
		t.Fatalf("the primary's NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
	}
	ask.WaitSerial(t, s.Addr(), zone, serial)
}

// waitSent waits until so many NOTIFYs of ours have ended in a way.
func waitSent(t *testing.T, s *understudy.Server, result string, n float64) {
	t.Helper()
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_notifies_sent_total", n, "zone="+zone, "result="+result)
}
