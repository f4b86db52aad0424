// Package chain_test has ours among other plugins of CoreDNS, through the front door: what each of them sees or
// changes of an answer must be as with any plugin.
package chain_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

const zone = "example.org."

const text = `@ 300 SOA ns1 hostmaster 7 3600 600 86400 300
@ 300 NS ns1
ns1 300 A 192.0.2.1
www 300 A 192.0.2.80
two 300 A 192.0.2.81
two 300 A 192.0.2.82
`

// among is ours with lines of other plugins beside it.
func among(t *testing.T, lines ...string) *understudy.Server {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, text)
	s := understudy.Start(t, understudy.Config{Corefile: `
.:{{port}} {
    bind 127.0.0.1
    ` + strings.Join(lines, "\n    ") + `
    secondaryplus ` + zone + ` {
        transfer from ` + p.Addr() + `
    }
}
`})
	ask.WaitSerial(t, s.Addr(), zone, 7)
	return s
}

func TestOtherPluginsSeeAnswers(t *testing.T) {
	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		m := ask.Ask(t, among(t).Addr(), "www."+zone, dns.TypeA)
		if m.Rcode != dns.RcodeSuccess || !m.Authoritative || len(m.Answer) != 1 {
			t.Errorf("%v", m)
		}
	})
	t.Run("log", func(t *testing.T) {
		t.Parallel()
		s := among(t, "log")
		for name, line := range map[string]string{
			"www.":     `"A IN www\.example\.org\. udp .*" NOERROR qr,aa,rd [1-9]\d*`,
			"missing.": `"A IN missing\.example\.org\. udp .*" NXDOMAIN qr,aa,rd [1-9]\d*`,
		} {
			ask.Ask(t, s.Addr(), name+zone, dns.TypeA, ask.RD())
			if err := ask.Poll(5*time.Second, func() error {
				if !regexp.MustCompile(line).MatchString(s.Log()) {
					return fmt.Errorf("no line like %s", line)
				}
				return nil
			}); err != nil {
				t.Errorf("%v in\n%s", err, s.Log())
			}
		}
	})
	t.Run("prometheus", func(t *testing.T) {
		t.Parallel()
		s := among(t, "prometheus 127.0.0.1:{{port:metrics}}")
		count := func(rcode string) float64 {
			n, _ := s.Metrics(t, "metrics").Value("coredns_dns_responses_total", "rcode="+rcode, "plugin=secondaryplus")
			return n
		}
		good, bad := count("NOERROR"), count("NXDOMAIN")
		ask.Ask(t, s.Addr(), "www."+zone, dns.TypeA)
		ask.Ask(t, s.Addr(), "missing."+zone, dns.TypeA)
		if count("NOERROR") != good+1 || count("NXDOMAIN") != bad+1 {
			t.Errorf("NOERROR %g and %g, NXDOMAIN %g and %g", good, count("NOERROR"), bad, count("NXDOMAIN"))
		}
	})
	t.Run("rewrite", func(t *testing.T) {
		t.Parallel()
		s := among(t, "rewrite stop name exact old.example.org www.example.org answer auto", "rewrite ttl exact two.example.org 17")
		m := ask.Ask(t, s.Addr(), "old."+zone, dns.TypeA)
		if len(m.Answer) != 1 || m.Answer[0].Header().Name != "old."+zone || m.Question[0].Name != "old."+zone {
			t.Errorf("%v", m)
		}
		if m := ask.Ask(t, s.Addr(), "two."+zone, dns.TypeA); len(m.Answer) != 2 || m.Answer[0].Header().Ttl != 17 {
			t.Errorf("%v", m)
		}
	})
	t.Run("dns64", func(t *testing.T) {
		t.Parallel()
		m := ask.Ask(t, among(t, "dns64 {\nallow_ipv4\n}").Addr(), "www."+zone, dns.TypeAAAA)
		if len(m.Answer) != 1 || !strings.HasSuffix(m.Answer[0].String(), "64:ff9b::c000:250") {
			t.Errorf("%v", m)
		}
	})
	t.Run("loadbalance", func(t *testing.T) {
		t.Parallel()
		s, first := among(t, "loadbalance"), map[string]bool{}
		for range 200 { // both orders, unless a coin falls on one side so many times
			first[ask.Ask(t, s.Addr(), "two."+zone, dns.TypeA).Answer[0].String()] = true
		}
		if len(first) != 2 {
			t.Errorf("first is always %v", first)
		}
	})
	t.Run("tsig", func(t *testing.T) {
		t.Parallel()
		key := ask.NewKey("key.example.")
		s := among(t, "tsig {\nsecret "+key.FQDN()+" "+key.Secret+"\n}")
		m := ask.Ask(t, s.Addr(), "www."+zone, dns.TypeA, ask.Signed(key)) // which verifies the reply
		if m.IsTsig() == nil || len(m.Answer) != 1 {
			t.Errorf("%v", m)
		}
	})
	t.Run("cache", func(t *testing.T) {
		t.Parallel()
		s := among(t, "cache", "prometheus 127.0.0.1:{{port:metrics}}")
		for range 2 {
			if m := ask.Ask(t, s.Addr(), "www."+zone, dns.TypeA); len(m.Answer) != 1 || !m.Authoritative || m.Answer[0].Header().Ttl != 300 {
				t.Errorf("%v", m)
			}
		}
	})
	t.Run("bufsize and minimal", func(t *testing.T) {
		t.Parallel()
		m := ask.Ask(t, among(t, "minimal", "bufsize 512").Addr(), zone, dns.TypeNS, ask.Size(4096))
		if len(m.Answer) != 1 || len(m.Extra) > 1 || m.IsEdns0() == nil {
			t.Errorf("%v", m)
		}
	})
}
