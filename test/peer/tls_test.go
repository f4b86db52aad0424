package peer_test

import (
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/peer"
)

func TestTransferOverTLS(t *testing.T) {
	tlsKinds := []peer.Kind{peer.Named, peer.NSD}
	for _, from := range tlsKinds {
		for _, to := range tlsKinds {
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				t.Parallel()
				if from == peer.NSD && to == peer.Named {
					t.Skip("NSD 4.6 does not offer the ALPN dot, which BIND demands (RFC 9103 §7.1)")
				}
				ca := peer.NewCA(t)
				cert, key := ca.Issue(t, time.Hour, "primary.test", "127.0.0.1")
				p := peer.Start(t, from, peer.Config{TLS: &peer.TLS{CertFile: cert, KeyFile: key}, Zones: []peer.Zone{primary(1)}})
				s := peer.Start(t, to, peer.Config{CAFile: ca.File, Zones: []peer.Zone{{
					Name: zone, Primaries: []peer.Endpoint{{Addr: p.TLSAddr(), TLS: "primary.test"}},
				}}})
				s.WaitServing(t, zone, 1)
			})
		}
	}
}

func TestTransferOverMutualTLS(t *testing.T) {
	t.Parallel()
	ca := peer.NewCA(t)
	cert, key := ca.Issue(t, time.Hour, "primary.test")
	p := peer.Start(t, peer.Named, peer.Config{TLS: &peer.TLS{CertFile: cert, KeyFile: key, ClientCA: ca.File}, Zones: []peer.Zone{primary(1)}})
	cert, key = ca.Issue(t, time.Hour, "secondary.test")
	s := peer.Start(t, peer.Named, peer.Config{CAFile: ca.File, TLS: &peer.TLS{CertFile: cert, KeyFile: key}, Zones: []peer.Zone{{
		Name: zone, Primaries: []peer.Endpoint{{Addr: p.TLSAddr(), TLS: "primary.test"}},
	}}})
	s.WaitServing(t, zone, 1)
}
