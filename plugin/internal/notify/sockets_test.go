package notify

import (
	"net"
	"net/netip"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// secondary answers NOTIFYs, and those that are signed with a signature.
func secondary(t *testing.T, listen string) (addr netip.AddrPort, from <-chan netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenPacket("udp", listen)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan netip.AddrPort, 10)
	server := &dns.Server{PacketConn: conn, TsigSecret: map[string]string{"k.": secret}}
	server.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(r)
		if sig := r.IsTsig(); sig != nil {
			if w.TsigStatus() != nil {
				m.Rcode = dns.RcodeNotAuth
			}
			m.SetTsig("k.", sig.Algorithm, 300, int64(sig.TimeSigned))
		}
		told <- w.RemoteAddr().(*net.UDPAddr).AddrPort()
		w.WriteMsg(m)
	})
	server.MsgAcceptFunc = func(dns.Header) dns.MsgAcceptAction { return dns.MsgAccept }
	go server.ActivateAndServe()
	t.Cleanup(func() { server.Shutdown() })
	return conn.LocalAddr().(*net.UDPAddr).AddrPort(), told
}

func TestOverRealSockets(t *testing.T) {
	s := NewSender()
	defer s.Close()
	for name, c := range map[string]struct {
		listen, source string
		key            *xfr.Key
	}{
		"IPv4":                       {listen: "127.0.0.1:0"},
		"IPv6":                       {listen: "[::1]:0"},
		"signed":                     {listen: "127.0.0.1:0", key: testKey(t)},
		"from an address of its own": {listen: "127.0.0.1:0", source: "127.0.0.9"},
	} {
		t.Run(name, func(t *testing.T) {
			addr, from := secondary(t, c.listen)
			outcomes := make(chan Outcome)
			z := NewZone(owner.MustParse("example.org."), func(o Outcome) { outcomes <- o })
			target := Target{Addr: addr, Key: c.key}
			if c.source != "" {
				target.Source = netip.MustParseAddr(c.source)
			}
			s.Tell(z, soa(z.apex, 1), []Target{target})
			if o := <-outcomes; o.Result != Acknowledged || o.Sent != 1 {
				t.Errorf("%+v", o)
			}
			if got := (<-from).Addr(); c.source != "" && got != target.Source {
				t.Errorf("came from %s", got)
			}
		})
	}
}

func TestCloseDoesNotWaitForAnswers(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s := NewSender()
	z := NewZone(owner.MustParse("example.org."), func(Outcome) { t.Error("an outcome") })
	s.Tell(z, soa(z.apex, 1), targets(conn.LocalAddr().(*net.UDPAddr).AddrPort()))
	if _, _, err := conn.ReadFrom(make([]byte, 512)); err != nil {
		t.Fatal(err)
	}
	s.Close()
}
