package secondaryplus

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"
)

func TestAnyRuleThatMatchesGivesTheZone(t *testing.T) {
	configs, err := parseText(t, `secondaryplus example.org {
		transfer from 192.0.2.53
		transfer to 192.0.2.1:5353 2001:DB8:0:0::/64
		transfer to 192.0.2.0/24 key KEY.example
	}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, from, key string
		given           bool
	}{
		{"an address", "192.0.2.1", "", true},
		{"an address, mapped into IPv6", "::ffff:192.0.2.1", "", true},
		{"an address with a key that it does not need", "192.0.2.1", "other.", true},
		{"a prefix in another spelling", "2001:db8::53", "", true},
		{"a prefix with its key", "192.0.2.7", "key.example.", true},
		{"a prefix without its key", "192.0.2.7", "", false},
		{"a prefix with another key", "192.0.2.7", "other.", false},
		{"the primary", "192.0.2.53", "", false},
		{"a stranger", "198.51.100.1", "key.example.", false},
	} {
		if got := configs[0].gives(netip.MustParseAddr(c.from), c.key); got != c.given {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// stuck is a connection that takes a number of messages and then no more until it is closed.
type stuck struct {
	dns.ResponseWriter
	takes  int
	closed chan struct{}
}

func (s *stuck) Close() error {
	close(s.closed)
	return nil
}

func (s *stuck) Write(m []byte) (int, error) {
	if s.takes > 0 {
		s.takes--
		<-time.After(messageWait - time.Second)
		return len(m), nil
	}
	<-s.closed
	return 0, net.ErrClosed
}

func TestAClientThatTakesNoMessageIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &stuck{takes: 3, closed: make(chan struct{})}
		timer := newWriteTimer(w, messageWait)
		begun := time.Now()
		for range 3 { // slow, but not too slow
			if err := timer.write(nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := timer.write(nil); !errors.Is(err, errSlow) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begun); took != 4*messageWait-3*time.Second {
			t.Errorf("cut off after %s", took)
		}
		if err := timer.write(nil); !errors.Is(err, errSlow) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestTheTimeBetweenTwoMessagesIsNotTheClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &stuck{takes: 2, closed: make(chan struct{})}
		timer := newWriteTimer(w, messageWait)
		for range 2 {
			<-time.After(2 * messageWait)
			if err := timer.write(nil); err != nil {
				t.Error(err)
			}
		}
	})
}

// at is a connection with an address.
type at struct {
	dns.ResponseWriter
	addr net.Addr
}

func (a at) RemoteAddr() net.Addr { return a.addr }

func TestOnlyTCPTLSAndUDPCarryTransfers(t *testing.T) {
	for _, c := range []struct {
		server string
		addr   net.Addr
		want   carrier
	}{
		{"dns://:53", &net.TCPAddr{}, stream},
		{"dns://:53", &net.UDPAddr{}, datagram},
		{"tls://:853", &net.TCPAddr{}, stream},
		{"https://:443", &net.TCPAddr{}, unfit},
		{"grpc://:443", &net.TCPAddr{}, unfit},
		{"quic://:853", &net.UDPAddr{}, unfit},
	} {
		ctx := context.WithValue(context.Background(), dnsserver.Key{}, &dnsserver.Server{Addr: c.server})
		if got := carrierOf(ctx, at{addr: c.addr}, new(dns.Msg)); got != c.want {
			t.Errorf("%s from %T: %d", c.server, c.addr, got)
		}
	}
	if got := carrierOf(context.Background(), at{addr: &net.TCPAddr{}}, new(dns.Msg)); got != unfit {
		t.Errorf("without a server: %d", got)
	}
}

func TestAZoneGivenTwiceNamesBothPlaces(t *testing.T) {
	configs, err := parseText(t, "secondaryplus example.org example.net {\n transfer from 192.0.2.1\n transfer to *\n}")
	if err != nil {
		t.Fatal(err)
	}
	there := place{"Other", 7}
	for zones, want := range map[string]string{
		"example.net.": "Testfile:3 - Error during parsing: zone example.net. is given to secondaries by 'transfer to' here and by the transfer plugin in Other:7",
		".":            "zone example.org. is given",
		"example.com.": "",
	} {
		err := givenTwice(configs, []string{zones}, there)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("transfer %s: %v", zones, err)
		}
	}
}
