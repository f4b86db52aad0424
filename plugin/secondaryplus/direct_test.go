package secondaryplus

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/metrics"
	"github.com/coredns/coredns/plugin/pkg/dnstest"
	"github.com/coredns/coredns/plugin/pkg/edns"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zonefile"
)

// A stranger is a writer that we know nothing of.
type stranger struct {
	dns.ResponseWriter
	messages, octets int
}

func (s *stranger) WriteMsg(m *dns.Msg) error {
	s.messages++
	return s.ResponseWriter.WriteMsg(m)
}

func (s *stranger) Write(octets []byte) (int, error) {
	s.octets++
	return s.ResponseWriter.Write(octets)
}

const servedZone = `$TTL 300
@ SOA ns h 7 3600 600 86400 60
@ NS ns
@ NS ns2
@ NS ns.elsewhere.test.
@ RRSIG NS 13 2 300 20400101000000 20200101000000 1 @ AAAA
@ RRSIG SOA 13 2 300 20400101000000 20200101000000 1 @ AAAA
@ NSEC big NS SOA RRSIG NSEC
@ RRSIG NSEC 13 2 300 20400101000000 20200101000000 1 @ AAAA
ns A 192.0.2.1
ns AAAA 2001:db8::1
ns2 A 192.0.2.2
Www A 192.0.2.3
www A 192.0.2.4
*.wild TXT "wild"
mail MX 10 ns
mail MX 20 Www
c1 CNAME c2
c2 CNAME www
out CNAME www.elsewhere.test.
d DNAME e
x.e A 192.0.2.5
sub NS ns.sub
sub NS ns2
ns.sub A 192.0.2.6
odd TYPE65280 \# 3 010203
`

// servedPlugin has one zone that is in its lease, with a name that owns many addresses.
func servedPlugin(t *testing.T) *Plugin {
	t.Helper()
	text := servedZone
	for i := range 60 {
		text += fmt.Sprintf("big A 192.0.2.%d\n", i)
	}
	v, err := zonefile.Read(strings.NewReader(text), "test", testApex)
	if err != nil {
		t.Fatal(err)
	}
	p := instance(t, "k", "secondaryplus example.org {\n transfer from 127.0.0.1:1\n}")
	p.order[0].member = leased(v, -time.Hour, &lastResort{})
	return p
}

// listen serves UDP and TCP on one port with what a server of CoreDNS does before the first plugin.
func listen(t *testing.T, decorate dns.DecorateWriter, first plugin.Handler) string {
	t.Helper()
	packets, streams := onePort(t)
	for i := range 2 {
		server := &dns.Server{DecorateWriter: decorate, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
			_, _ = first.ServeDNS(context.Background(), request.NewScrubWriter(r, w), r)
		})}
		if i == 0 {
			server.PacketConn = packets
		} else {
			server.Listener = streams
		}
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		ended := make(chan error, 1)
		go func() { ended <- server.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			_ = server.Shutdown()
			<-ended
		})
	}
	return packets.LocalAddr().String()
}

// onePort is a port that is free for UDP and for TCP.
func onePort(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if streams, err := net.Listen("tcp", packets.LocalAddr().String()); err == nil {
			return packets, streams
		}
		_ = packets.Close() // the same number is taken for TCP
	}
}

// before is a chain of plugins: f, then p.
func before(p *Plugin, f func(w dns.ResponseWriter) dns.ResponseWriter) plugin.Handler {
	h, _ := observed(p, f)
	return h
}

// observed is before, and says when a query has been served.
func observed(p *Plugin, f func(w dns.ResponseWriter) dns.ResponseWriter) (h plugin.Handler, served <-chan struct{}) {
	ended := make(chan struct{}, 1)
	return plugin.HandlerFunc(func(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
		defer func() {
			select {
			case ended <- struct{}{}:
			default:
			}
		}()
		return plugin.NextOrFailure("before", p, ctx, f(w), r)
	}), ended
}

func exchange(t *testing.T, network, addr string, r *dns.Msg) *dns.Msg {
	t.Helper()
	c := dns.Client{Net: network, Timeout: 5 * time.Second, UDPSize: dns.MaxMsgSize}
	m, _, err := c.Exchange(r, addr)
	if err != nil {
		t.Fatalf("%v: %v", r.Question, err)
	}
	return m
}

// Octets and messages are the same answer, whatever is asked; but where the dns package takes a message for longer
// than it is, there may be more in the octets.
func TestOctetsSayWhatTheMessageWould(t *testing.T) {
	p := servedPlugin(t)
	direct := listen(t, nil, p)
	indirect := listen(t, nil, before(p, func(w dns.ResponseWriter) dns.ResponseWriter { return &stranger{ResponseWriter: w} }))
	names := []string{
		"", "www.", "WWW.", "big.", "mail.", "a.wild.", "a.b.wild.", "c1.", "out.", "x.d.", "sub.", "www.sub.", "ns2.", "missing.", "e.", "odd.",
		`\000.`, strings.Repeat("l23456789.", 20),
	}
	types := []uint16{
		dns.TypeA, dns.TypeAAAA, dns.TypeMX, dns.TypeTXT, dns.TypeNS, dns.TypeSOA, dns.TypeANY, dns.TypeDS, dns.TypeCNAME, dns.TypeRRSIG,
		dns.TypeNSEC, dns.TypeDNAME, 65280, 4711,
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		r := new(dns.Msg).SetQuestion(names[rnd.IntN(len(names))]+"example.org.", types[rnd.IntN(len(types))])
		r.RecursionDesired, r.CheckingDisabled, r.AuthenticatedData = rnd.IntN(2) == 0, rnd.IntN(2) == 0, rnd.IntN(2) == 0
		size := 512
		if rnd.IntN(3) > 0 {
			size = 100 + rnd.IntN(2000)
			r.SetEdns0(uint16(size), rnd.IntN(2) == 0)
			r.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "0123456789abcdef"}}
		}
		network := []string{"udp", "udp", "tcp"}[rnd.IntN(3)]
		got, want := exchange(t, network, direct, r), exchange(t, network, indirect, r)
		if want.Truncated && !got.Truncated && got.Len() > 0 {
			want = exchange(t, "tcp", indirect, r)
			got.Extra, want.Extra = nil, nil
		}
		if got.String() != want.String() {
			t.Fatalf("%s, %d octets of room:\n%v\nby octets:\n%v\nby a message:\n%v", network, size, r, got, want)
		}
	}
}

// What other plugins have to see of an answer, they see.
func TestOctetsPassByNobody(t *testing.T) {
	p := servedPlugin(t)
	ask := func(name string, how ...func(*dns.Msg)) *dns.Msg {
		r := new(dns.Msg).SetQuestion(name+"example.org.", dns.TypeA)
		r.SetEdns0(1232, false)
		for _, f := range how {
			f(r)
		}
		return r
	}
	t.Run("a writer that is not known", func(t *testing.T) {
		s := &stranger{}
		chain, served := observed(p, func(w dns.ResponseWriter) dns.ResponseWriter { s.ResponseWriter = w; return s })
		exchange(t, "udp", listen(t, nil, chain), ask("www."))
		<-served
		if s.messages != 1 || s.octets != 0 {
			t.Errorf("%d messages, %d times octets", s.messages, s.octets)
		}
	})
	t.Run("one that records messages", func(t *testing.T) {
		var rec *dnstest.Recorder
		chain, served := observed(p, func(w dns.ResponseWriter) dns.ResponseWriter { rec = dnstest.NewRecorder(w); return rec })
		exchange(t, "udp", listen(t, nil, chain), ask("www."))
		<-served
		if rec.Msg == nil || len(rec.Msg.Answer) != 2 {
			t.Errorf("%v", rec.Msg)
		}
	})
	t.Run("prometheus counts", func(t *testing.T) {
		var rec *metrics.Recorder
		chain, served := observed(p, func(w dns.ResponseWriter) dns.ResponseWriter { rec = metrics.NewRecorder(w); return rec })
		m := exchange(t, "udp", listen(t, nil, chain), ask("missing."))
		<-served
		m.Compress = true
		if rec.Rcode != dns.RcodeNameError || rec.Len != m.Len() || rec.Plugin != pluginName || rec.Msg != nil {
			t.Errorf("%+v %+v", rec, rec.Recorder)
		}
	})
	t.Run("what decorates the server's writer", func(t *testing.T) {
		var written atomic.Int32
		addr := listen(t, func(w dns.Writer) dns.Writer { return countingWriter{w, &written} }, p)
		exchange(t, "udp", addr, ask("www."))
		exchange(t, "tcp", addr, ask("www."))
		if n := written.Load(); n != 2 {
			t.Errorf("%d messages of two", n)
		}
	})
	t.Run("an option that some plugin supports", func(t *testing.T) {
		const code = 65001
		edns.SetSupportedOption(code)
		addr := listen(t, nil, p)
		m := exchange(t, "udp", addr, ask("www.", func(r *dns.Msg) {
			r.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_LOCAL{Code: code, Data: []byte{1}}}
		}))
		if o := m.IsEdns0(); o == nil || len(o.Option) != 1 {
			t.Errorf("%v", m)
		}
	})
	t.Run("the lease", func(t *testing.T) {
		addr := listen(t, nil, p)
		m := exchange(t, "udp", addr, ask("", func(r *dns.Msg) {
			r.Question[0].Qtype = dns.TypeSOA
			r.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EXPIRE{Code: dns.EDNS0EXPIRE, Empty: true}}
		}))
		if o := m.IsEdns0(); o == nil || len(o.Option) != 1 {
			t.Errorf("%v", m)
		}
	})
}

type countingWriter struct {
	dns.Writer
	written *atomic.Int32
}

func (w countingWriter) Write(octets []byte) (int, error) {
	w.written.Add(1)
	return w.Writer.Write(octets)
}

// Each way to a client that octets may take, and those they may not.
func TestWhereOctetsMayGo(t *testing.T) {
	p := servedPlugin(t)
	type decide func(w dns.ResponseWriter, r *dns.Msg) (dns.ResponseWriter, *dns.Msg)
	for _, c := range []struct {
		name string
		f    decide
		want bool
	}{
		{"the server's writer", func(w dns.ResponseWriter, r *dns.Msg) (dns.ResponseWriter, *dns.Msg) { return w, r }, true},
		{"prometheus", func(w dns.ResponseWriter, r *dns.Msg) (dns.ResponseWriter, *dns.Msg) {
			return metrics.NewRecorder(w), r
		}, true},
		{"prometheus twice", func(w dns.ResponseWriter, r *dns.Msg) (dns.ResponseWriter, *dns.Msg) {
			return metrics.NewRecorder(metrics.NewRecorder(w)), r
		}, false},
		{"another query", func(w dns.ResponseWriter, r *dns.Msg) (dns.ResponseWriter, *dns.Msg) { return w, r.Copy() }, false},
		{"without what makes it fit", func(w dns.ResponseWriter, r *dns.Msg) (dns.ResponseWriter, *dns.Msg) {
			return w.(*request.ScrubWriter).ResponseWriter, r
		}, false},
		{"made to fit for something else", func(w dns.ResponseWriter, r *dns.Msg) (dns.ResponseWriter, *dns.Msg) {
			return request.NewScrubWriter(r, w), r
		}, false},
		{"no server at all", func(_ dns.ResponseWriter, r *dns.Msg) (dns.ResponseWriter, *dns.Msg) {
			return request.NewScrubWriter(r, nil), r
		}, false},
	} {
		found := make(chan bool, 1)
		addr := listen(t, nil, plugin.HandlerFunc(func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
			_, ok := p.sinkOf(c.f(w, r))
			found <- ok
			return dns.RcodeSuccess, w.WriteMsg(new(dns.Msg).SetReply(r))
		}))
		exchange(t, "udp", addr, new(dns.Msg).SetQuestion("www.example.org.", dns.TypeA))
		if got := <-found; got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
