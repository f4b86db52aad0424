package prober

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

const (
	secret  = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ=="
	soaLine = "example.org. 60 IN SOA ns.example.org. host.example.org. 4711 3600 600 86400 60"
)

func soaOf(p xfr.Primary, over string) SOA {
	return SOA{Apex: owner.MustParse("Example.org."), Primary: p, Over: over, Timeout: testTimeout}
}

func TestSOA(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(m, query *dns.Msg)
		want   Outcome
	}{
		{"an authority", nil, OK},
		{"the query has no RD", func(m, query *dns.Msg) {
			if query.RecursionDesired {
				m.Rcode = dns.RcodeRefused
			}
		}, OK},
		{"not an authority", func(m, _ *dns.Msg) { m.Authoritative = false }, Lame},
		{"no SOA", func(m, _ *dns.Msg) { m.Answer = nil }, Lame},
		{"two", func(m, _ *dns.Msg) { m.Answer = append(m.Answer, m.Answer[0]) }, Lame},
		{"that of another zone", func(m, _ *dns.Msg) { m.Answer[0].Header().Name = "org." }, Lame},
		{"REFUSED", func(m, _ *dns.Msg) { m.Rcode, m.Answer = dns.RcodeRefused, nil }, Rcode},
		{"SERVFAIL", func(m, _ *dns.Msg) { m.Rcode, m.Answer = dns.RcodeServerFailure, nil }, Rcode},
		{"a secondary whose lease has run out", func(m, _ *dns.Msg) {
			opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
			opt.Option = append(opt.Option, &dns.EDNS0_EXPIRE{Code: dns.EDNS0EXPIRE})
			m.Extra = append(m.Extra, opt)
		}, Expired},
	} {
		s := serve(t, "", answer(c.change, soaLine))
		r := run(t, soaOf(xfr.Primary{Addr: s.addr}, "").Check())
		wants(t, c.name, r, c.want)
		if c.want == OK && (!r.HasSerial || r.Serial != 4711 || r.RTT <= 0) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

func TestSOAOver(t *testing.T) {
	for _, c := range []struct{ listens, over string }{{"", ""}, {"tcp", ""}, {"udp", ""}, {"udp", "udp"}, {"tcp", "tcp"}} {
		s := serve(t, c.listens, answer(nil, soaLine))
		wants(t, c.listens+" by "+c.over, run(t, soaOf(xfr.Primary{Addr: s.addr}, c.over).Check()), OK)
	}
	for _, c := range []struct{ listens, over string }{{"tcp", "udp"}, {"udp", "tcp"}} {
		s := serve(t, c.listens, answer(nil, soaLine))
		wants(t, c.listens+" by "+c.over, run(t, soaOf(xfr.Primary{Addr: s.addr}, c.over).Check()), Refused)
	}
	both := serve(t, "", answer(nil, soaLine))
	run(t, soaOf(xfr.Primary{Addr: both.addr}, "udp").Check())
	run(t, soaOf(xfr.Primary{Addr: both.addr}, "tcp").Check())
	if both.udp.Load() != 1 || both.tcp.Load() != 1 {
		t.Errorf("%d queries over UDP, %d over TCP", both.udp.Load(), both.tcp.Load())
	}
}

func TestSOAWhereDatagramsAreLost(t *testing.T) {
	var asked atomic.Int32
	good := answer(nil, soaLine)
	s := serve(t, "", func(w dns.ResponseWriter, m *dns.Msg) {
		if asked.Add(1) > 1 { // the first one is lost
			good(w, m)
		}
	})
	wants(t, "one is lost", run(t, soaOf(xfr.Primary{Addr: s.addr}, "udp").Check()), OK)
	s = serve(t, "", func(w dns.ResponseWriter, m *dns.Msg) {
		if _, ok := w.RemoteAddr().(*net.TCPAddr); ok {
			good(w, m)
		}
	})
	wants(t, "all are lost", run(t, soaOf(xfr.Primary{Addr: s.addr}, "").Check()), OK)
	s = serve(t, "", silence)
	r := run(t, soaOf(xfr.Primary{Addr: s.addr}, "").Check())
	if wants(t, "it never answers", r, Timeout); r.Outcome.heard() {
		t.Error("which is no silence")
	}
}

func TestSOASigned(t *testing.T) {
	key, err := xfr.NewKey("k.", "", secret)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(m, query *dns.Msg) {
		if query.IsTsig() != nil {
			m.SetTsig("k.", dns.HmacSHA256, 300, time.Now().Unix())
		}
	}
	s := serve(t, "", answer(sign, soaLine))
	wants(t, "signed", run(t, soaOf(xfr.Primary{Addr: s.addr, Key: key}, "").Check()), OK)
	wants(t, "signed, over TCP", run(t, soaOf(xfr.Primary{Addr: s.addr, Key: key}, "tcp").Check()), OK)
	s = serve(t, "", answer(nil, soaLine))
	wants(t, "not signed", run(t, soaOf(xfr.Primary{Addr: s.addr, Key: key}, "tcp").Check()), Unsigned)
	wants(t, "not signed, over UDP", run(t, soaOf(xfr.Primary{Addr: s.addr, Key: key}, "").Check()), Unsigned)
}

func TestSOAOverTLS(t *testing.T) {
	plain := netip.MustParseAddrPort("127.0.0.1:" + site(t, nil, func(http.ResponseWriter, *http.Request) {}))
	wants(t, "no TLS there", run(t, soaOf(xfr.Primary{Addr: plain, TLS: new(xfr.TLS)}, "").Check()), TLSFailed)
	wants(t, "nobody there", run(t, soaOf(xfr.Primary{Addr: closed(t), TLS: new(xfr.TLS)}, "").Check()), Refused)

	far := netip.MustParseAddrPort("255.255.255.255:853") // the kernel knows at once that no connection leads there
	wants(t, "no way there", run(t, soaOf(xfr.Primary{Addr: far, TLS: new(xfr.TLS)}, "").Check()), Unreachable)
	wants(t, "no way there, by TCP", run(t, TCP(far, Source{})), Unreachable)

	certificate := selfSigned(t)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"dot"}})
	if err != nil {
		t.Fatal(err)
	}
	start(t, &dns.Server{Listener: listener, Handler: answer(nil, soaLine)})
	p := xfr.Primary{Addr: listener.Addr().(*net.TCPAddr).AddrPort(), TLS: new(xfr.TLS)}
	wants(t, "a certificate that nobody vouches for", run(t, soaOf(p, "").Check()), TLSFailed)
	if err := p.TLS.AddPin(pin(certificate)); err != nil {
		t.Fatal(err)
	}
	wants(t, "one that is pinned", run(t, soaOf(p, "").Check()), OK)
}

func TestSOAKeys(t *testing.T) {
	key, err := xfr.NewKey("k.", "", secret)
	if err != nil {
		t.Fatal(err)
	}
	addr := at("1.1")
	for want, s := range map[string]SOA{
		"soa 192.0.1.1:53 example.org.":                          soaOf(xfr.Primary{Addr: addr}, ""),
		"soa 192.0.1.1:53 example.org. udp":                      soaOf(xfr.Primary{Addr: addr}, "udp"),
		"soa 192.0.1.1:53 example.org. tls":                      soaOf(xfr.Primary{Addr: addr, TLS: new(xfr.TLS)}, ""),
		"soa 192.0.1.1:53 example.org. tcp key k. (hmac-sha256)": soaOf(xfr.Primary{Addr: addr, Key: key}, "tcp"),
	} {
		if got := s.Check().Key().String(); got != want || strings.Contains(got, secret) {
			t.Errorf("%q, want %q", got, want)
		}
		if again := s.Check().Key(); again != s.Check().Key() || again.Kind.Capability() != health.SOA {
			t.Error("two keys of one check")
		}
	}
}
