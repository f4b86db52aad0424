package peer_test

import (
	"fmt"
	"net"
	"strconv"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

const zone = "example.org."

// content is a small zone with a serial and a number of hosts.
func content(serial uint32, hosts int) string {
	text := fmt.Sprintf("$ORIGIN %s\n$TTL 300\n@ SOA ns hostmaster %d 60 10 600 30\n@ NS ns\nns A 127.0.0.1\n", zone, serial)
	for i := range hosts {
		text += fmt.Sprintf("h%d A 192.0.2.%d\n", i, i+1)
	}
	return text
}

func primary(serial uint32) peer.Zone { return peer.Zone{Name: zone, Text: content(serial, 20)} }

func TestPeersAsPrimary(t *testing.T) {
	for _, kind := range peer.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := peer.Start(t, kind, peer.Config{Zones: []peer.Zone{primary(1)}})
			ask.WaitSerial(t, p.Addr(), zone, 1)
			m := ask.Ask(t, p.Addr(), "h1."+zone, dns.TypeA, ask.DO())
			if len(m.Answer) != 1 || !m.Authoritative {
				t.Errorf("answer: %v", m)
			}
			p.SetZone(t, zone, content(2, 21))
			p.WaitServing(t, zone, 2)
		})
	}
}

// address joins a host and a port.
func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
