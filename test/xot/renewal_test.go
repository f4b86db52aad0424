package xot_test

import (
	"crypto/tls"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// The certificate that is shown is the one on disk, without a reload.
func TestARenewedCertificateIsShown(t *testing.T) {
	t.Parallel()
	ca := peer.NewCA(t)
	server, first, second := issue(t, ca, time.Hour, name), issue(t, ca, time.Hour, "first.test"), issue(t, ca, time.Hour, "second.test")
	var seen atomic.Value
	p, r := scripted(t, &tls.Config{
		Certificates: []tls.Certificate{server.tls}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool(ca),
		VerifyConnection: func(s tls.ConnectionState) error {
			seen.Store(s.PeerCertificates[0].Subject.CommonName)
			return nil
		},
	})
	s := understudy.Start(t, understudy.Config{Corefile: corefile("tls://"+r.Addr(),
		"tls "+first.cert+" "+first.key+" "+ca.File, "tls_servername "+name)})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	if seen.Load() != "first.test" {
		t.Errorf("%v is shown", seen.Load())
	}
	replace(t, first.cert, second.cert) // for a moment, it does not fit its key
	p.WaitQuery(t, primary.SOA, p.Count(primary.SOA)+2)
	replace(t, first.key, second.key)
	p.WaitQuery(t, primary.SOA, p.Count(primary.SOA)+2)
	if seen.Load() != "second.test" {
		t.Errorf("%v is shown", seen.Load())
	}
	if n := results(t, s, "failed"); n > 0 {
		t.Errorf("%v refreshes failed", n)
	}
	wantSecured(t, r)
}

// A reload reads the files again.
func TestAReloadReadsTheAuthoritiesAgain(t *testing.T) {
	t.Parallel()
	ca, other := peer.NewCA(t), peer.NewCA(t)
	server := issue(t, ca, time.Hour, name)
	_, r := scripted(t, &tls.Config{Certificates: []tls.Certificate{server.tls}})
	properties := []string{"tls " + other.File, "tls_servername " + name}
	s := understudy.Start(t, understudy.Config{Corefile: corefile("tls://"+r.Addr(), properties...)})
	s.WaitLog(t, "signed by unknown authority")
	replace(t, other.File, ca.File)
	s.Reload(t, "")
	ask.WaitSerial(t, s.Addr(), zone, 1)

	// A file that is missing leaves all as it was.
	if err := s.TryReload(t, corefile("tls://"+r.Addr(), "tls /nowhere/ca.pem", "tls_servername "+name)); err == nil {
		t.Error("it is reloaded without its authorities")
	}
	before := results(t, s, "current")
	waitResult(t, s, "current", before+2)
	wantSecured(t, r)
}
