package xfr

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

func TestASOACheckOverUDPAlone(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*dns.Msg)
		err    error
	}{
		{"a good answer", nil, nil},
		{"REFUSED", func(m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeRefused, nil }, ErrRefused},
		{"truncated", func(m *dns.Msg) { m.Truncated, m.Answer = true, nil }, ErrMalformed},
	} {
		p := serveUDP(t, loopback, func(_ int, query []byte) [][]byte { return [][]byte{soaReply(t, query, c.change)} })
		client := &Client{ProbeOver: "udp"}
		client.Dial = func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
			if network != "udp" {
				t.Errorf("%s: asked over %s", c.name, network)
			}
			return client.system(ctx, network, to)
		}
		if _, err := client.Probe(t.Context(), apex, p); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestASOACheckOverTCPAlone(t *testing.T) {
	s := serve(t, map[uint16]act{dns.TypeSOA: say("SOA 5")})
	client := &Client{ProbeOver: "tcp"}
	client.Dial = func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
		if network != "tcp" {
			t.Errorf("asked over %s", network)
		}
		return client.system(ctx, network, to)
	}
	if got, err := client.Probe(t.Context(), apex, s.primary); err != nil || got.SOA.Serial != 5 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTheWaitOfASOACheckIsConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := packets(t, func(int, []byte) [][]byte { return nil })
		client.ProbeWait, client.ProbeOver = 100*time.Millisecond, "udp"
		begun := time.Now()
		if _, err := client.Probe(t.Context(), apex, Primary{}); !errors.Is(err, ErrTimeout) || time.Since(begun) != 200*time.Millisecond {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}
