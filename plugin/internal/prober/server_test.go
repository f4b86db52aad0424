package prober

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const testTimeout = 900 * time.Millisecond

// run runs a check with a timeout.
func run(t *testing.T, c Check) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	begun := time.Now()
	r := c.Run(ctx)
	if took := time.Since(begun); took > 2*testTimeout {
		t.Errorf("%s took %s", c.Key(), took)
	}
	if (r.Err == nil) != (r.Outcome == OK) {
		t.Errorf("%s: %s, error %v", c.Key(), r.Outcome, r.Err)
	}
	return r
}

// wants compares an outcome.
func wants(t *testing.T, name string, got Result, want Outcome) {
	t.Helper()
	if got.Outcome != want {
		t.Errorf("%s: %s (%v), want %s", name, got.Outcome, got.Err, want)
	}
}

// server answers over UDP and TCP on one port. A handler that writes nothing is silent.
type server struct {
	addr     netip.AddrPort
	udp, tcp atomic.Int32 // queries
}

func serve(t *testing.T, over string, h dns.HandlerFunc) *server {
	t.Helper()
	listener, packets := onePort(t)
	s := &server{addr: listener.Addr().(*net.TCPAddr).AddrPort()}
	secrets := map[string]string{"k.": secret}
	counted := func(n *atomic.Int32) dns.HandlerFunc {
		return func(w dns.ResponseWriter, m *dns.Msg) { n.Add(1); h(w, m) }
	}
	if over != "udp" {
		start(t, &dns.Server{Listener: listener, Handler: counted(&s.tcp), TsigSecret: secrets})
	} else {
		listener.Close()
	}
	if over != "tcp" {
		start(t, &dns.Server{PacketConn: packets, Handler: counted(&s.udp), TsigSecret: secrets})
	} else {
		packets.Close()
	}
	return s
}

// onePort listens on a port that is free for both.
func onePort(t *testing.T) (net.Listener, net.PacketConn) {
	t.Helper()
	for range 20 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		packets, err := net.ListenPacket("udp", listener.Addr().String())
		if err == nil {
			return listener, packets
		}
		listener.Close()
	}
	t.Fatal("no port is free")
	return nil, nil
}

func start(t *testing.T, s *dns.Server) {
	ready := make(chan struct{})
	s.NotifyStartedFunc = func() { close(ready) }
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.ActivateAndServe()
	}()
	<-ready
	t.Cleanup(func() { _ = s.Shutdown(); <-done })
}

// answer is an authority's: the records of text, changed.
func answer(change func(m, query *dns.Msg), text ...string) dns.HandlerFunc {
	return func(w dns.ResponseWriter, query *dns.Msg) {
		m := new(dns.Msg).SetReply(query)
		m.Authoritative = true
		for _, line := range text {
			rr, err := dns.NewRR(line)
			if err != nil {
				panic(err)
			}
			m.Answer = append(m.Answer, rr)
		}
		if change != nil {
			change(m, query)
		}
		_ = w.WriteMsg(m)
	}
}

func silence(dns.ResponseWriter, *dns.Msg) {}

// closed is an address that nobody listens on.
func closed(t *testing.T) netip.AddrPort {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// unheard is an address that answers nothing over UDP.
func unheard(t *testing.T) netip.AddrPort {
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { packets.Close() })
	return packets.LocalAddr().(*net.UDPAddr).AddrPort()
}
