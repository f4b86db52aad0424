package downstream_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// startTLS is start with a second port for DNS over TLS.
func startTLS(t *testing.T, key ask.Key) (*stand, *peer.CA) {
	t.Helper()
	ca := peer.NewCA(t)
	cert, private := ca.Issue(t, time.Hour, "ours.example.net")
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hosts(1))
	text := corefile(p.Addr(), []ask.Key{key}, "transfer to 127.0.0.0/8", "transfer to * key "+key.FQDN())
	text = strings.Replace(text, " {\n", fmt.Sprintf(" tls://%s:{{port:tls}} {\ntls %s %s\n", zone, cert, private), 1)
	s := &stand{p, understudy.Start(t, understudy.Config{Corefile: text})}
	ask.WaitSerial(t, s.ours.Addr(), zone, 1)
	return s, ca
}

func TestTransfersOverTLS(t *testing.T) {
	t.Parallel()
	key := ask.NewKey("transfer.key.")
	s, ca := startTLS(t, key)
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	for _, signed := range []bool{false, true} {
		conn, err := tls.Dial("tcp", s.ours.AddrOf("tls"), &tls.Config{RootCAs: pool, ServerName: "ours.example.net", NextProtos: []string{"dot"}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		q := new(dns.Msg).SetAxfr(zone)
		transfer := &dns.Transfer{Conn: &dns.Conn{Conn: conn}}
		if signed {
			q.SetTsig(key.FQDN(), key.Alg(), 300, time.Now().Unix())
			transfer.TsigSecret = map[string]string{key.FQDN(): key.Secret}
		}
		messages, err := transfer.In(q, "")
		if err != nil {
			t.Fatal(err)
		}
		records := 0
		for m := range messages {
			if m.Error != nil {
				t.Errorf("signed: %t: %v", signed, m.Error)
			}
			records += len(m.RR)
		}
		if records != 307 {
			t.Errorf("signed: %t: %d records", signed, records)
		}
	}
}

func TestSecondariesFollowOverTLS(t *testing.T) {
	t.Parallel()
	for _, kind := range []peer.Kind{peer.Named, peer.NSD} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			peer.Require(t, kind)
			s, ca := startTLS(t, ask.NewKey("transfer.key."))
			from := peer.Endpoint{Addr: s.ours.AddrOf("tls"), TLS: "ours.example.net"}
			b := peer.Start(t, kind, peer.Config{CAFile: ca.File, Zones: []peer.Zone{{Name: zone, Primaries: []peer.Endpoint{from}}}})
			s.tell(t, b, 1)
			s.publish(t, 2, 2, hosts)
			s.tell(t, b, 2)
			wantSame(t, s, b.Addr(), nil)
			s.waitSent(t, "ixfr", 1)
		})
	}
}
