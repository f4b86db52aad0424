package nswatch

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/peer/port"
)

// listening is a server on loopback, over UDP and TCP, with an address. An answer of nil is none.
func listening(t *testing.T, answer func(network string, q *dns.Msg) *dns.Msg) netip.AddrPort {
	t.Helper()
	p, l, _ := port.Pair(t, "127.0.0.1")
	handler := func(network string) dns.Handler {
		return dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			if m := answer(network, q); m != nil {
				_ = w.WriteMsg(m)
			}
		})
	}
	for _, s := range []*dns.Server{{Listener: l, Handler: handler("tcp")}, {PacketConn: p, Handler: handler("udp")}} {
		up := make(chan struct{})
		s.NotifyStartedFunc = func() { close(up) }
		go func() { _ = s.ActivateAndServe() }()
		<-up
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return netip.MustParseAddrPort(l.Addr().String())
}

// authority answers with the records of the question's name and type.
func authority(t *testing.T, lines ...string) func(string, *dns.Msg) *dns.Msg {
	var all []dns.RR
	for _, line := range lines {
		all = append(all, rr(t, line))
	}
	return func(_ string, q *dns.Msg) *dns.Msg {
		m := new(dns.Msg).SetReply(q)
		m.Authoritative = true
		if q.IsEdns0() != nil {
			m.SetEdns0(1232, false)
		}
		for _, r := range all {
			if r.Header().Name == q.Question[0].Name && r.Header().Rrtype == q.Question[0].Qtype {
				m.Answer = append(m.Answer, r)
			}
		}
		return m
	}
}

const soa7 = "example.org. 60 SOA ns1.example.org. h.example.org. 7 3600 600 86400 30"

// looked is what is seen of a server, by an asker that does not wait for long.
func looked(t *testing.T, answer func(string, *dns.Msg) *dns.Msg, questions ...Question) Seen {
	t.Helper()
	s := Server{"ns1.example.org.", listening(t, answer)}
	return NewAsker(4, 300*time.Millisecond).Look(context.Background(), s, Wanted{Zone: apex, Questions: questions})
}

func TestLookingAtAServer(t *testing.T) {
	well := authority(t, soa7, "www.example.org. 60 A 192.0.2.1")
	change := func(how func(network string, m *dns.Msg)) func(string, *dns.Msg) *dns.Msg {
		return func(network string, q *dns.Msg) *dns.Msg {
			m := well(network, q)
			how(network, m)
			return m
		}
	}
	var asked atomic.Int32
	for name, c := range map[string]struct {
		answer                 func(string, *dns.Msg) *dns.Msg
		udp, tcp, edns, offers bool
		lame                   string
		sets                   int
	}{
		"well": {well, true, true, true, false, "", 1},
		"a datagram is lost": {func(network string, q *dns.Msg) *dns.Msg {
			if network == "udp" && asked.Add(1) == 1 {
				return nil
			}
			return well(network, q)
		}, true, true, true, false, "", 1},
		"silent over UDP": {func(network string, q *dns.Msg) *dns.Msg {
			if network == "udp" {
				return nil
			}
			return well(network, q)
		}, false, true, false, false, "", 0},
		"silent over TCP": {func(network string, q *dns.Msg) *dns.Msg {
			if network == "tcp" {
				return nil
			}
			return well(network, q)
		}, true, false, true, false, "", 1},
		"knows no EDNS": {func(network string, q *dns.Msg) *dns.Msg {
			if q.IsEdns0() != nil {
				return new(dns.Msg).SetRcodeFormatError(q)
			}
			return well(network, q)
		}, true, true, false, false, "", 1},
		"truncates": {change(func(network string, m *dns.Msg) {
			if m.Truncated = network == "udp" && m.Question[0].Qtype == dns.TypeA; m.Truncated {
				m.Answer = nil
			}
		}), true, true, true, false, "", 1},
		"offers recursion": {change(func(_ string, m *dns.Msg) { m.RecursionAvailable = true }), true, true, true, true, "", 1},
		"a cache":          {change(func(_ string, m *dns.Msg) { m.Authoritative = false }), true, true, true, false, "it answers without authority", 0},
		"a referral":       {change(func(_ string, m *dns.Msg) { m.Authoritative, m.Answer = false, nil }), true, true, true, false, "it refers to others", 0},
		"refuses":          {change(func(_ string, m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeRefused, nil }), true, true, true, false, "it answers REFUSED", 0},
		"no SOA":           {authority(t), true, true, true, false, "it has no SOA of the zone", 0},
		"fails for one name": {change(func(_ string, m *dns.Msg) {
			if m.Question[0].Qtype == dns.TypeA {
				m.Rcode = dns.RcodeServerFailure
			}
		}), true, true, true, false, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := looked(t, c.answer, www)
			if (s.UDP == nil) != c.udp || (s.TCP == nil) != c.tcp || s.EDNS != c.edns || s.Recursion != c.offers || s.Lame != c.lame || len(s.Sets) != c.sets {
				t.Errorf("%+v", s)
			}
			if c.sets > 0 && s.Sets[www] == "" {
				t.Errorf("no records: %+v", s)
			}
			if c.lame == "" && (s.Serial != 7 || s.Refresh != time.Hour || s.Expire != 24*time.Hour) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A version that is published while one looks is no drift of the one before.
func TestWhatWasSeenOfTwoVersionsIsForgotten(t *testing.T) {
	var asked atomic.Int32
	before, after := authority(t, soa7), authority(t, "example.org. 60 SOA ns1.example.org. h.example.org. 8 3600 600 86400 30")
	s := looked(t, func(network string, q *dns.Msg) *dns.Msg {
		if asked.Add(1) <= 2 { // UDP and TCP
			return before(network, q)
		}
		return after(network, q)
	}, Question{apex, dns.TypeSOA}, www)
	if s.Serial != 7 || len(s.Sets) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	s := NewAsker(1, time.Second).Look(context.Background(), Server{"ns1.example.org.", at}, Wanted{Zone: apex})
	if s.Answers() || s.Authority() || s.NoRoute || Why(s.TCP) != "connection refused" {
		t.Errorf("%+v", s)
	}
}

// An asker has no more sockets than it was made with, and whoever waits for one ends with the context.
func TestTheSocketsAreBounded(t *testing.T) {
	held, done := make(chan struct{}), make(chan struct{})
	at := listening(t, func(string, *dns.Msg) *dns.Msg { close(held); <-done; return nil })
	a := NewAsker(1, time.Minute)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _, _ = a.exchange(ctx, "tcp", at, query(www, false, false))
	}()
	<-held
	if len(a.slots) != cap(a.slots) {
		t.Error("its socket is not counted")
	}
	short, end := context.WithCancel(context.Background())
	end()
	if _, _, err := a.exchange(short, "tcp", at, query(www, false, false)); err == nil {
		t.Error("there was room")
	}
	cancel()
	close(done)
	<-ended
}
