package xfr

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// issue makes a certificate for 127.0.0.1 and primary.test that is valid for a time, signed by itself or by
// an issuer.
func issue(t testing.TB, serial int64, validity time.Duration, by *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(validity),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"primary.test"},
		IsCA: true, BasicConstraintsValid: true,
	}
	parent, signer, chain := template, any(key), [][]byte(nil)
	if by != nil {
		parent, signer, chain = by.Leaf, by.PrivateKey, by.Certificate
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: append([][]byte{der}, chain...), PrivateKey: key, Leaf: leaf}
}

// save writes certificate and key as PEM files.
func save(t testing.TB, dir string, c tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
	write(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	return certFile, keyFile
}

// write replaces a file at one moment, so that it is another file.
func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// trusting is a TLS with an authority, a name and pins, each unless empty.
func trusting(t testing.TB, authority *tls.Certificate, name string, pins ...Pin) *TLS {
	t.Helper()
	c := new(TLS)
	if authority != nil {
		file, _ := save(t, t.TempDir(), *authority)
		if err := c.ReadAuthorities(file); err != nil {
			t.Fatal(err)
		}
	}
	c.SetName(name)
	for _, p := range pins {
		if err := c.AddPin(p.String()); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// overTLS is a Client whose connections lead to acts that speak TLS, whatever the address. It has no other
// network: a query in clear text fails the test.
func overTLS(t *testing.T, config *tls.Config, on map[uint16]act) *Client {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			raw, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer raw.Close()
				conn := tls.Server(raw, config)
				if conn.HandshakeContext(context.Background()) == nil {
					(&scripted{on: on}).talk(t, conn)
				}
			})
		}
	})
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	return &Client{Dial: func(ctx context.Context, network string, _ netip.AddrPort) (net.Conn, error) {
		if network != "tcp" {
			t.Error("73 clear text over", network)
		}
		return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
	}}
}

func TestXoT(t *testing.T) {
	ca := issue(t, 1, time.Hour, nil)
	good, stranger, old := issue(t, 2, time.Hour, &ca), issue(t, 3, time.Hour, nil), issue(t, 4, -time.Hour, &ca)
	sham := tls.Certificate{Certificate: append(stranger.Certificate[:1:1], ca.Certificate...), PrivateKey: stranger.PrivateKey}
	right, wrong, above := pinOf(good.Leaf), pinOf(stranger.Leaf), pinOf(ca.Leaf)
	for _, c := range []struct {
		name   string
		server *tls.Config
		cert   tls.Certificate
		client *TLS
		reason string // empty: it is trusted
	}{
		{"72 TLS 1.3 and ALPN dot", &tls.Config{NextProtos: []string{"dot"}}, good, trusting(t, &ca, ""), ""},
		{"72 a server without ALPN", &tls.Config{}, good, trusting(t, &ca, ""), ""},
		{"72 another protocol", &tls.Config{NextProtos: []string{"h2"}}, good, trusting(t, &ca, ""), "TLS: the primary says: no application protocol"},
		{"72 TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, good, trusting(t, &ca, ""), "it does not speak TLS 1.3"},
		{"73 an unknown authority", &tls.Config{}, good, new(TLS), "cannot connect: TLS: x509: certificate signed by unknown authority"},
		{"73 another name", &tls.Config{}, good, trusting(t, &ca, "other.test"), "valid for primary.test, not other.test"},
		{"the name with its final dot", &tls.Config{}, good, trusting(t, &ca, "primary.test."), ""},
		{"an expired certificate", &tls.Config{}, old, trusting(t, &ca, ""), "certificate has expired"},
		{"a pin instead of an authority", &tls.Config{}, good, trusting(t, nil, "", wrong, right), ""},
		{"a pin instead of an authority, whatever the name and the date", &tls.Config{}, old, trusting(t, nil, "other.test", pinOf(old.Leaf)), ""},
		{"another pin", &tls.Config{}, good, trusting(t, nil, "", wrong), "no pin matches; the primary's key has the pin " + right.String()},
		{"the pin of a copied certificate", &tls.Config{}, sham, trusting(t, nil, "", above), "no pin matches"},
		{"a pin and an authority", &tls.Config{}, good, trusting(t, &ca, "", right), ""},
		{"the pin of the authority", &tls.Config{}, good, trusting(t, &ca, "", above), ""},
		{"an authority and another pin", &tls.Config{}, good, trusting(t, &ca, "", wrong), "no pin matches"},
		{"a pin and another authority", &tls.Config{}, good, trusting(t, &stranger, "", right), "signed by unknown authority"},
		{"a pin, an authority and another name", &tls.Config{}, good, trusting(t, &ca, "other.test", right), "not other.test"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.server.Certificates = []tls.Certificate{c.cert}
			client := overTLS(t, c.server, map[uint16]act{axfr: say(whole), dns.TypeSOA: say("SOA 4")})
			p := Primary{Addr: netip.MustParseAddrPort("127.0.0.1:853"), TLS: c.client}
			_, fetchErr := client.Fetch(t.Context(), apex, p, nil, Options{})
			_, probeErr := client.Probe(t.Context(), apex, p)
			for _, err := range []error{fetchErr, probeErr} {
				switch {
				case c.reason == "" && err != nil:
					t.Error(err)
				case c.reason != "" && (!errors.Is(err, ErrConnect) || !strings.Contains(err.Error(), c.reason)):
					t.Errorf("got %v, want %q", err, c.reason)
				}
			}
		})
	}
}

func TestTheAddressIsTheName(t *testing.T) {
	ca := issue(t, 1, time.Hour, nil)
	for addr, reason := range map[string]string{
		"127.0.0.1:853": "", "[::ffff:127.0.0.1]:853": "", "127.0.0.2:853": "valid for 127.0.0.1, not 127.0.0.2", "[fe80::1%eth0]:853": "not fe80::1",
	} {
		client := overTLS(t, &tls.Config{Certificates: []tls.Certificate{ca}}, map[uint16]act{dns.TypeSOA: say("SOA 4")})
		_, err := client.Probe(t.Context(), apex, Primary{Addr: netip.MustParseAddrPort(addr), TLS: trusting(t, &ca, "")})
		if reason == "" && err != nil || reason != "" && (err == nil || !strings.Contains(err.Error(), reason)) {
			t.Errorf("%s: %v, want %q", addr, err, reason)
		}
	}
}
