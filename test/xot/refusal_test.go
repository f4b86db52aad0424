package xot_test

import (
	"crypto/tls"
	"regexp"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// TestWhatIsTrustedAndWhatIsNot: 72 to 74. Behind each of these is a primary that would answer in clear text.
func TestWhatIsTrustedAndWhatIsNot(t *testing.T) {
	t.Parallel()
	ca, other := peer.NewCA(t), peer.NewCA(t)
	good, old := issue(t, ca, time.Hour, name), issue(t, ca, -time.Hour, name)
	client, stranger := issue(t, ca, time.Hour, "secondary.test"), issue(t, other, time.Hour, "secondary.test")
	dot := []string{"dot"}
	trust, named := "tls "+ca.File, "tls_servername "+name
	mutual := &tls.Config{NextProtos: dot, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool(ca)}
	for _, c := range []struct {
		name       string
		server     *tls.Config
		cert       pair
		properties []string
		reason     string // in the log; empty: the zone comes
	}{
		{"all as it should be", &tls.Config{NextProtos: dot}, good, []string{trust, named}, ""},
		{"no ALPN", &tls.Config{}, good, []string{trust, named}, ""},
		{"the right pin", &tls.Config{NextProtos: dot}, good, []string{"tls_pin " + good.pin()}, ""},
		{"the right pin, and whatever certificate", &tls.Config{NextProtos: dot}, old, []string{"tls_pin " + old.pin()}, ""},
		{"74 the right client certificate", mutual, good, []string{"tls " + client.cert + " " + client.key + " " + ca.File, named}, ""},

		{"the wrong authority", &tls.Config{NextProtos: dot}, good, []string{"tls " + other.File, named}, "signed by unknown authority"},
		{"the system's authorities", &tls.Config{NextProtos: dot}, good, []string{named}, "signed by unknown authority"},
		{"the wrong name", &tls.Config{NextProtos: dot}, good, []string{trust, "tls_servername other.test"}, "valid for primary.test, not other.test"},
		{"no name: the address is asked for", &tls.Config{NextProtos: dot}, good, []string{trust}, "cannot validate certificate for 127.0.0.1"},
		{"the wrong pin", &tls.Config{NextProtos: dot}, good, []string{"tls_pin " + client.pin()}, "no pin matches; the primary's key has the pin " + regexp.QuoteMeta(good.pin())},
		{"the wrong pin, and the right authority", &tls.Config{NextProtos: dot}, good, []string{trust, named, "tls_pin " + client.pin()}, "no pin matches"},
		{"the right pin, and the wrong authority", &tls.Config{NextProtos: dot}, good, []string{"tls " + other.File, named, "tls_pin " + good.pin()}, "signed by unknown authority"},
		{"an expired certificate", &tls.Config{NextProtos: dot}, old, []string{trust, named}, "certificate has expired"},
		{"72 TLS 1.2", &tls.Config{NextProtos: dot, MaxVersion: tls.VersionTLS12}, good, []string{trust, named}, "it does not speak TLS 1.3"},
		{"72 another protocol", &tls.Config{NextProtos: []string{"h2"}}, good, []string{trust, named}, "no application protocol"},
		{"74 no client certificate", mutual, good, []string{trust, named}, "the primary says: certificate required"},
		{"74 the wrong client certificate", mutual, good, []string{"tls " + stranger.cert + " " + stranger.key + " " + ca.File, named}, "the primary says: (bad certificate|unknown certificate authority)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := c.server.Clone()
			config.Certificates = []tls.Certificate{c.cert.tls}
			p, r := scripted(t, config)
			s := understudy.Start(t, understudy.Config{Corefile: corefile("tls://"+r.Addr(), c.properties...)})
			if c.reason == "" {
				ask.WaitSerial(t, s.Addr(), zone, 1)
				waitResult(t, s, "current", 1)
			} else {
				s.WaitLog(t, `refresh failed.*SOA check of example\.org\. from `+regexp.QuoteMeta(r.Addr())+`: .*`+c.reason)
				waitResult(t, s, "failed", 2)
				if n := len(p.Queries()); n > 0 {
					t.Errorf("the primary was asked: %v", p.Queries())
				}
			}
			wantSecured(t, r)
		})
	}
}

// TestAPrimaryWithoutTLS has the port of TLS speak DNS in clear text.
func TestAPrimaryWithoutTLS(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, text(1))
	s := understudy.Start(t, understudy.Config{Corefile: corefile("tls://" + p.Addr())})
	s.WaitLog(t, `refresh failed.*cannot connect: TLS: `)
	waitResult(t, s, "failed", 2)
	if n := len(p.Queries()); n > 0 {
		t.Errorf("the primary was asked: %v", p.Queries())
	}
}

// TestClearTextAndTLSInOneStanza: each primary is asked as it is configured, and the newer one is followed.
func TestClearTextAndTLSInOneStanza(t *testing.T) {
	t.Parallel()
	ca := peer.NewCA(t)
	server := issue(t, ca, time.Hour, "127.0.0.1")
	secured, r := scripted(t, &tls.Config{Certificates: []tls.Certificate{server.tls}})
	open := primary.Start(t, primary.Config{Zone: zone})
	open.Publish(t, text(2))
	s := understudy.Start(t, understudy.Config{Corefile: corefile("tls://"+r.Addr()+" "+open.Addr(), "tls "+ca.File)})
	ask.WaitSerial(t, s.Addr(), zone, 2)
	secured.WaitQuery(t, primary.SOA, 1)
	secured.Publish(t, text(3))
	open.OnAll(primary.Silent())
	ask.WaitSerial(t, s.Addr(), zone, 3)
	wantSecured(t, r)
}
