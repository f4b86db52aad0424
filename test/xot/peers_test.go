package xot_test

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/relay"
	"github.com/understudy-dns/understudy/test/understudy"
)

// TestEveryPeer: AXFR, SOA checks and IXFR, all over TLS, signed and not. In front of each peer stands a relay
// that would pass on clear text, too.
func TestEveryPeer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		kind   peer.Kind
		mutual bool
		signed bool
	}{
		{"named, with client certificates", peer.Named, true, false},
		{"named, with client certificates and TSIG", peer.Named, true, true},
		{"named", peer.Named, false, false},
		{"NSD, which selects no ALPN", peer.NSD, false, false},
		{"NSD with TSIG", peer.NSD, false, true},
		{"Knot behind a relay", peer.Knot, true, false},
		{"Knot behind a relay, with TSIG", peer.Knot, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			peer.Require(t, c.kind)
			ca := peer.NewCA(t)
			server, client := issue(t, ca, time.Hour, name), issue(t, ca, time.Hour, "secondary.test")
			properties := []string{"tls " + ca.File, "tls_servername " + name, "tls_pin " + server.pin()}
			if c.mutual {
				properties[0] = "tls " + client.cert + " " + client.key + " " + ca.File
			}
			signing, addr := "", port.Addr(t, "127.0.0.1")
			if c.signed {
				signing = " key " + key.Name
			}
			ours := understudy.New(t, understudy.Config{Corefile: corefile("tls://"+addr+signing, properties...)})
			z := peer.Zone{Name: zone, Text: origin(text(1)), Notify: []peer.Endpoint{{Addr: ours.Addr()}}}
			if c.signed {
				z.AllowTransfer = []peer.Access{{Key: key.Name}}
			}
			p := peer.Start(t, c.kind, configOf(c.kind, z, server, ca, c.mutual))
			r := inFront(t, p, addr, server, ca, c.mutual)
			ours.Restart(t)
			follow(t, p, ours)
			wantSecured(t, r)
		})
	}
}

// configOf is a peer that speaks TLS itself, but for Knot.
func configOf(kind peer.Kind, z peer.Zone, server pair, ca *peer.CA, mutual bool) peer.Config {
	config := peer.Config{Zones: []peer.Zone{z}, Keys: []peer.Key{key}}
	if kind == peer.Knot {
		return config
	}
	config.TLS = &peer.TLS{CertFile: server.cert, KeyFile: server.key}
	if mutual {
		config.TLS.ClientCA = ca.File
	}
	return config
}

// inFront is the relay: it speaks TLS for Knot.
func inFront(t *testing.T, p *peer.Server, addr string, server pair, ca *peer.CA, mutual bool) *relay.Relay {
	if p.Kind() != peer.Knot {
		return relay.Start(t, relay.Config{Addr: addr, To: p.TLSAddr(), Clear: p.Addr()})
	}
	config := &tls.Config{Certificates: []tls.Certificate{server.tls}, NextProtos: []string{"dot"}, MinVersion: tls.VersionTLS13}
	if mutual {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, pool(ca)
	}
	return relay.Start(t, relay.Config{Addr: addr, To: p.Addr(), TLS: config, Clear: p.Addr()})
}

// follow has ours take the zone, check it, and take a change.
func follow(t *testing.T, p *peer.Server, ours *understudy.Server) {
	t.Helper()
	ask.WaitSerial(t, ours.Addr(), zone, 1)
	p.WaitTransfer(t, 0, zone, "AXFR")
	waitResult(t, ours, "current", 2)
	if n := results(t, ours, "failed"); n > 0 {
		t.Errorf("%v refreshes failed", n)
	}
	mark := p.Mark()
	p.SetZone(t, zone, origin(text(2)))
	p.WaitServing(t, zone, 2)
	ask.WaitSerial(t, ours.Addr(), zone, 2)
	p.WaitTransfer(t, mark, zone, "IXFR")
}
