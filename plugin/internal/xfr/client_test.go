package xfr

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestTheSourceAddress(t *testing.T) {
	var from atomic.Value
	p := serve(t, map[uint16]act{axfr: func(t testing.TB, conn net.Conn, query []byte) {
		from.Store(conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr())
		say(whole)(t, conn, query)
	}})
	client := &Client{Source4: netip.MustParseAddr("127.0.0.9")}
	if _, err := client.Fetch(t.Context(), apex, p.primary, nil, Options{}); err != nil {
		t.Fatal(err)
	}
	if from.Load() != client.Source4 {
		t.Errorf("from %v", from.Load())
	}
}

func TestASourceAddressThatIsNotOursIsALocalFailure(t *testing.T) {
	client := &Client{Source4: netip.MustParseAddr("192.0.2.1")}
	p := Primary{Addr: closedPort(t)}
	if _, err := client.Fetch(t.Context(), apex, p, nil, Options{}); !errors.Is(err, ErrLocal) || Next(err) != Later {
		t.Error(err)
	}
	if _, err := client.Probe(t.Context(), apex, p); !errors.Is(err, ErrLocal) {
		t.Error(err)
	}
}

// certificate is one for 127.0.0.1, signed by itself.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// overTLS is a Client whose connections lead to acts that speak TLS. It has no other network: a query in
// clear text fails the test.
func overTLS(t *testing.T, config *tls.Config, on map[uint16]act) *Client {
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	return &Client{Dial: func(_ context.Context, network string, _ netip.AddrPort) (net.Conn, error) {
		if network != "tcp" {
			t.Error("73 clear text over", network)
		}
		near, far := net.Pipe()
		all.Go(func() {
			conn := tls.Server(far, config)
			if conn.HandshakeContext(context.Background()) != nil {
				far.Close()
				return
			}
			(&scripted{on: on}).talk(t, conn)
		})
		return near, nil
	}}
}

func TestXoT(t *testing.T) {
	cert, pool := certificate(t)
	for _, c := range []struct {
		name   string
		server *tls.Config
		client *tls.Config
		err    error
	}{
		{"72 TLS 1.3 and ALPN dot", &tls.Config{NextProtos: []string{"dot"}}, &tls.Config{RootCAs: pool}, nil},
		{"72 a server without ALPN is accepted", &tls.Config{}, &tls.Config{RootCAs: pool}, nil},
		{"72 another protocol is refused", &tls.Config{NextProtos: []string{"h2"}}, &tls.Config{RootCAs: pool}, ErrConnect},
		{"72 TLS 1.2 is refused", &tls.Config{MaxVersion: tls.VersionTLS12}, &tls.Config{RootCAs: pool}, ErrConnect},
		{"73 an unknown CA is refused", &tls.Config{}, &tls.Config{}, ErrConnect},
		{"73 another name is refused", &tls.Config{}, &tls.Config{RootCAs: pool, ServerName: "other."}, ErrConnect},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.server.Certificates = []tls.Certificate{cert}
			client := overTLS(t, c.server, map[uint16]act{axfr: say(whole), dns.TypeSOA: say("SOA 4")})
			p := Primary{Addr: netip.MustParseAddrPort("127.0.0.1:853"), TLS: c.client}
			if _, err := client.Fetch(t.Context(), apex, p, nil, Options{}); !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Error(err)
			}
			if _, err := client.Probe(t.Context(), apex, p); !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Error(err)
			}
		})
	}
}
