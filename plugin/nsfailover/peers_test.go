package nsfailover

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// peerServer answers over UDP, as it is told, the first query, the second one, and so on.
func peerServer(t *testing.T, answer func(n int32, m *dns.Msg) *dns.Msg) (at netip.AddrPort, asked *atomic.Int32) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = new(atomic.Int32)
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		if m := answer(asked.Add(1), new(dns.Msg).SetReply(r)); m != nil {
			_ = w.WriteMsg(m)
		}
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return netip.MustParseAddrPort(conn.LocalAddr().String()), asked
}

func record(t *testing.T, text string) dns.RR {
	t.Helper()
	rr, err := dns.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	return rr
}

func rescued(p *peers, name string) *dns.Msg {
	s := refresh.Standing{Apex: owner.MustParse("example.org.")}
	return p.rescue(context.Background(), new(dns.Msg).SetQuestion(name, dns.TypeA), s)
}

// A datagram that is lost is no SERVFAIL, also where there is one peer only.
func TestASinglePeerIsAskedTwice(t *testing.T) {
	t.Parallel()
	at, asked := peerServer(t, func(n int32, m *dns.Msg) *dns.Msg {
		if n == 1 {
			return nil
		}
		m.Authoritative, m.Answer = true, []dns.RR{record(t, "www.example.org. 60 A 192.0.2.1")}
		return m
	})
	p := &peers{config: &peersConfig{addrs: []netip.AddrPort{at}}}
	if m := rescued(p, "www.example.org."); m == nil || len(m.Answer) != 1 {
		t.Errorf("%v, after %d queries", m, asked.Load())
	}
}

// What is no answer for us says something of the peer, or of the name alone; and a single peer would say it again.
func TestWhichPeersHaveFailed(t *testing.T) {
	t.Parallel()
	delegation := func(owner string) func(int32, *dns.Msg) *dns.Msg {
		return func(_ int32, m *dns.Msg) *dns.Msg {
			m.Ns = []dns.RR{record(t, owner+" 60 NS ns.example.net.")}
			return m
		}
	}
	for name, c := range map[string]struct {
		answer func(int32, *dns.Msg) *dns.Msg
		fails  bool
	}{
		"a delegation below the zone":      {delegation("Sub.example.org."), false},
		"the one of another name":          {delegation("other.example.org."), true},
		"a referral to the zone":           {delegation("example.org."), true},
		"a referral upwards":               {delegation("org."), true},
		"an answer that is none":           {func(_ int32, m *dns.Msg) *dns.Msg { return m }, true},
		"a peer that has the zone no more": {func(_ int32, m *dns.Msg) *dns.Msg { m.Rcode = dns.RcodeServerFailure; return m }, true},
		"an answer that is not from a zone": {func(_ int32, m *dns.Msg) *dns.Msg {
			m.Answer = []dns.RR{record(t, "www.sub.example.org. 60 A 192.0.2.1")}
			return m
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, asked := peerServer(t, c.answer)
			p := &peers{config: &peersConfig{addrs: []netip.AddrPort{at}}}
			if m := rescued(p, "www.sub.example.org."); m != nil || asked.Load() != 1 {
				t.Errorf("%v, after %d queries", m, asked.Load())
			}
			if _, failed := p.recent.Load(at); failed != c.fails {
				t.Errorf("it has failed: %v", failed)
			}
		})
	}
}
