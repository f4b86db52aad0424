package xfr

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// shown asks a primary that demands a certificate, and tells the serial number of the one that it saw.
func shown(t *testing.T, c *TLS, ca, server tls.Certificate) (int64, error) {
	t.Helper()
	clients := x509.NewCertPool()
	clients.AddCert(ca.Leaf)
	var seen int64
	config := &tls.Config{
		Certificates: []tls.Certificate{server}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert,
		VerifyConnection: func(s tls.ConnectionState) error {
			seen = s.PeerCertificates[0].SerialNumber.Int64()
			return nil
		},
	}
	client := overTLS(t, config, map[uint16]act{dns.TypeSOA: say("SOA 4")})
	_, err := client.Probe(t.Context(), apex, Primary{Addr: netip.MustParseAddrPort("127.0.0.1:853"), TLS: c})
	return seen, err
}

func TestACertificateIsShownAndReadAgainWhenItHasChanged(t *testing.T) {
	ca := issue(t, 1, time.Hour, nil)
	server, dir := issue(t, 2, time.Hour, &ca), t.TempDir()
	c := trusting(t, &ca, "")
	if _, err := shown(t, c, ca, server); !errors.Is(err, ErrNetwork) || !strings.Contains(err.Error(), "the primary says: certificate required") {
		t.Error("74 without a certificate:", err)
	}
	certFile, keyFile := save(t, dir, issue(t, 3, time.Hour, &ca))
	if err := c.ReadCertificate(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name   string
		change func()
		want   int64
	}{
		{"the first", func() {}, 3},
		{"renewed", func() { save(t, dir, issue(t, 4, time.Hour, &ca)) }, 4},
		{"half replaced", func() { write(t, keyFile, []byte("not yet")) }, 4},
		{"gone", func() { os.Remove(certFile) }, 4},
		{"there again", func() { save(t, dir, issue(t, 5, time.Hour, &ca)) }, 5},
	} {
		step.change()
		if got, err := shown(t, c, ca, server); err != nil || got != step.want {
			t.Errorf("%s: certificate %d is shown, want %d; error %v", step.name, got, step.want, err)
		}
	}
}

func TestAnExpiredCertificateThatCannotBeReadAgain(t *testing.T) {
	ca := issue(t, 1, time.Hour, nil)
	server := issue(t, 2, time.Hour, &ca)
	certFile, keyFile := save(t, t.TempDir(), issue(t, 3, -time.Minute, &ca))
	c := trusting(t, &ca, "")
	if err := c.ReadCertificate(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	os.Remove(keyFile)
	_, err := shown(t, c, ca, server)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "our certificate has expired") {
		t.Error(err)
	}
}

func TestWhatIsTheSameConfiguration(t *testing.T) {
	ca, other := issue(t, 1, time.Hour, nil), issue(t, 2, time.Hour, nil)
	dir := t.TempDir()
	certFile, keyFile := save(t, dir, issue(t, 3, time.Hour, nil))
	authority, _ := save(t, t.TempDir(), ca)
	full := func() *TLS {
		c := trusting(t, nil, "primary.test", pinOf(ca.Leaf))
		if err := errors.Join(c.ReadAuthorities(authority), c.ReadCertificate(certFile, keyFile)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	before := full()
	var none *TLS
	if !before.Same(full()) || !none.Same(nil) || none.Same(before) || before.Same(nil) || !new(TLS).Same(new(TLS)) {
		t.Error("equal ones differ, or clear text is TLS")
	}
	for name, change := range map[string]func(*TLS){
		"name":               func(c *TLS) { c.SetName("other.test") },
		"pin":                func(c *TLS) { _ = c.AddPin(pinOf(other.Leaf).String()) },
		"no authority":       func(c *TLS) { c.roots, c.authority = nil, [32]byte{} },
		"another authority":  func(c *TLS) { c.authority[0]++ },
		"no own certificate": func(c *TLS) { c.own = nil },
	} {
		c := full()
		change(c)
		if c.Same(before) || before.Same(c) {
			t.Errorf("%s: still the same", name)
		}
	}
	save(t, dir, issue(t, 4, time.Hour, nil))
	if full().Same(before) {
		t.Error("the own certificate was replaced and is the same")
	}
	write(t, authority, append([]byte("# one more line\n"), read(t, authority)...))
	if c := full(); c.authority == before.authority {
		t.Error("the authority was replaced and is the same")
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
