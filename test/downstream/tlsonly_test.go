package downstream_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// startOnlyTLS gives the zone over TLS to who has a certificate of an authority, and answers queries in clear text.
func startOnlyTLS(t *testing.T) (s *understudy.Server, clients *peer.CA, trust *x509.CertPool) {
	t.Helper()
	ca, clients := peer.NewCA(t), peer.NewCA(t)
	cert, private := ca.Issue(t, time.Hour, "ours.example.net")
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hosts(1))
	text := fmt.Sprintf("tls://%[1]s:{{port:tls}} {\nbind 127.0.0.1\ntls %[2]s %[3]s %[4]s {\nclient_auth require_and_verify\n}\n"+
		"secondaryplus {\ntransfer from %[5]s\ntransfer to *\n}\n}\n%[1]s:{{port}} {\nbind 127.0.0.1\nsecondaryplus {\ntransfer from %[5]s\n}\n}\n",
		zone, cert, private, clients.File, p.Addr())
	s = understudy.Start(t, understudy.Config{Corefile: text})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	trust = x509.NewCertPool()
	trust.AddCert(ca.Cert)
	return s, clients, trust
}

// 74: without the right certificate there is not even a connection to be refused over (RFC 9103 §7).
func Test74AWrongClientCertificateGetsNothing(t *testing.T) {
	t.Parallel()
	s, clients, trust := startOnlyTLS(t)
	for _, c := range []struct {
		name  string
		ca    *peer.CA // of the client's certificate; nil: it has none
		right bool
	}{{"the right authority", clients, true}, {"another authority", peer.NewCA(t), false}, {"no certificate", nil, false}} {
		config := &tls.Config{RootCAs: trust, ServerName: "ours.example.net", NextProtos: []string{"dot"}, MinVersion: tls.VersionTLS13}
		if c.ca != nil {
			cert, private := c.ca.Issue(t, time.Hour, "client.example.net")
			pair, err := tls.LoadX509KeyPair(cert, private)
			if err != nil {
				t.Fatal(err)
			}
			// It is shown whatever authorities the server names.
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
		ask.Until(t, "the zone is loaded, or the client refused", func() error {
			m, err := askTLS(s.AddrOf("tls"), config)
			if err == nil && m.Rcode == dns.RcodeServerFailure {
				return errors.New("not loaded")
			}
			if (err == nil) != c.right || err == nil && (m.Rcode != dns.RcodeSuccess || len(m.Answer) == 0) {
				t.Errorf("%s: %v, %v", c.name, m, err)
			}
			return nil
		})
	}
}

// askTLS gives the first message of an AXFR.
func askTLS(addr string, config *tls.Config) (*dns.Msg, error) {
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(ask.Patience))
	c := &dns.Conn{Conn: conn}
	if err := c.WriteMsg(new(dns.Msg).SetAxfr(zone)); err != nil {
		return nil, err
	}
	return c.ReadMsg()
}

// 75: the same zone, whose clear-text block gives it to nobody.
func Test75WhatIsGivenOverTLSOnlyIsNotGivenInClearText(t *testing.T) {
	t.Parallel()
	s, _, _ := startOnlyTLS(t)
	for _, qtype := range []uint16{dns.TypeAXFR, dns.TypeIXFR} {
		m := ask.Ask(t, s.Addr(), zone, qtype, ask.TCP(), have(0))
		if m.Rcode != dns.RcodeRefused || len(m.Answer) > 0 {
			t.Errorf("%s is answered %v", dns.TypeToString[qtype], m)
		}
	}
	if m, err := ask.Query(s.AddrOf("tls"), zone, dns.TypeAXFR, ask.TCP()); err == nil {
		t.Errorf("in clear text, the port of TLS answers %v", m)
	}
}
