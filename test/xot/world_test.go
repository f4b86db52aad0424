package xot_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/relay"
	"github.com/understudy-dns/understudy/test/understudy"
)

const (
	zone = "example.org."
	name = "primary.test"
)

// text is a version of the zone. It is checked often, and found failing soon.
func text(serial uint32) string {
	long := "long 300 TXT \"" + strings.Repeat("x", 250) + "\" \"" + strings.Repeat("y", 250) + "\"\n" // so that a change is shorter than the zone
	return fmt.Sprintf("@ 300 SOA ns1 hostmaster %d 1 1 3600 300\n@ 300 NS ns1\nns1 300 A 192.0.2.1\nwww 300 A 192.0.2.%d\n", serial, serial) + long
}

func origin(text string) string { return "$ORIGIN " + zone + "\n" + text }

// corefile is our secondary of one primary.
func corefile(primary string, properties ...string) string {
	lines := append([]string{"transfer from " + primary, "refresh 1s 1s", "retry 1s 1s"}, properties...)
	return "example.org:{{port}} {\nbind 127.0.0.1\nprometheus 127.0.0.1:{{port:metrics}}\n" +
		"tsig {\nsecret " + key.FQDN() + " " + key.Secret + "\n}\n" +
		"secondaryplus {\n" + strings.Join(lines, "\n") + "\n}\n}\n"
}

var key = ask.NewKey("transfer.example.")

// pair is a certificate with its key, in files and in memory.
type pair struct {
	cert, key string
	tls       tls.Certificate
}

func issue(t testing.TB, ca *peer.CA, validity time.Duration, names ...string) pair {
	t.Helper()
	p := pair{}
	p.cert, p.key = ca.Issue(t, validity, names...)
	var err error
	if p.tls, err = tls.LoadX509KeyPair(p.cert, p.key); err != nil {
		t.Fatal(err)
	}
	return p
}

// pin is what tls_pin takes.
func (p pair) pin() string {
	sum := sha256.Sum256(p.tls.Leaf.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func pool(ca *peer.CA) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(ca.Cert)
	return p
}

// scripted is a scripted primary behind a relay that ends TLS. In clear text it answers, too.
func scripted(t testing.TB, config *tls.Config) (*primary.Primary, *relay.Relay) {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone, Key: &key})
	p.Publish(t, text(1))
	return p, relay.Start(t, relay.Config{To: p.Addr(), TLS: config, Clear: p.Addr()})
}

// wantSecured checks that everything came over TLS.
func wantSecured(t testing.TB, r *relay.Relay) {
	t.Helper()
	if clear := r.InClear(); len(clear) > 0 {
		t.Errorf("73 in clear text: %q", clear)
	}
	if r.Secured() == 0 {
		t.Error("nothing came over TLS")
	}
}

// waitResult waits until so many refreshes have ended so.
func waitResult(t testing.TB, s *understudy.Server, result string, n float64) {
	t.Helper()
	s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_refreshes_total", fmt.Sprintf(">= %v", n),
		func(v float64) bool { return v >= n }, "zone="+zone, "result="+result)
}

func results(t testing.TB, s *understudy.Server, result string) float64 {
	t.Helper()
	v, _ := s.Metrics(t, "metrics").Value("coredns_secondaryplus_refreshes_total", "zone="+zone, "result="+result)
	return v
}

// replace puts one file in the place of another at one moment.
func replace(t testing.TB, path, by string) {
	t.Helper()
	content, err := os.ReadFile(by)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}
