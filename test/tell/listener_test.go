package tell_test

import (
	"net"
	"testing"

	"github.com/miekg/dns"
)

// listener is a secondary that does nothing but answer NOTIFYs.
type listener struct {
	addr string
	told chan uint32 // the serial of each NOTIFY
}

// listen starts one. answer changes the answer, and says whether to give it; nil
// is a black hole, which reads nothing.
func listen(t *testing.T, answer func(m *dns.Msg) bool) *listener {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{conn.LocalAddr().String(), make(chan uint32, 1000)}
	if answer == nil {
		t.Cleanup(func() { conn.Close() })
		return l
	}
	s := &dns.Server{PacketConn: conn, MsgAcceptFunc: func(dns.Header) dns.MsgAcceptAction { return dns.MsgAccept }}
	s.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		if soa, ok := r.Answer[0].(*dns.SOA); ok && r.Opcode == dns.OpcodeNotify && r.Authoritative {
			l.told <- soa.Serial
		}
		m := new(dns.Msg)
		m.SetReply(r)
		if answer(m) {
			w.WriteMsg(m)
		}
	})
	done := make(chan error, 1)
	go func() { done <- s.ActivateAndServe() }()
	t.Cleanup(func() {
		s.Shutdown()
		<-done
	})
	return l
}

func ok(*dns.Msg) bool { return true }

// saying answers with an RCODE.
func saying(rcode int) func(*dns.Msg) bool {
	return func(m *dns.Msg) bool {
		m.Rcode = rcode
		return true
	}
}
