package prober

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

func TestTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	r := run(t, TCP(addr, Source{}))
	if wants(t, "open", r, OK); r.RTT <= 0 {
		t.Error("it took no time")
	}
	wants(t, "closed", run(t, TCP(closed(t), Source{})), Refused)
	wants(t, "from an address that is not ours", run(t, TCP(addr, Source{V4: netip.MustParseAddr("192.0.2.1")})), Local)
	wants(t, "from another one of ours", run(t, TCP(addr, Source{V4: netip.MustParseAddr("127.0.0.3")})), OK)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wants(t, "stopped", TCP(addr, Source{}).Run(ctx), Stopped)
	if k := TCP(addr, Source{}).Key(); k.Kind.Capability() != health.TCP || k.Addr != addr {
		t.Error(k)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "well")
	wants(t, "absent", run(t, File(path)), Absent)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wants(t, "there", run(t, File(path)), OK)
	wants(t, "a directory", run(t, File(dir)), Mismatch)
	wants(t, "not to be found out", run(t, File(strings.Repeat("x", 5000))), Local)
	if k := File(path).Key(); k.String() != "file "+path || k.Addr.IsValid() {
		t.Error(k)
	}
}

func mustDNS(t *testing.T, d DNS) Check {
	t.Helper()
	c, err := d.Check()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDNS(t *testing.T) {
	const a, mx = "www.example.org. 60 IN A 192.0.2.1", "www.example.org. 60 IN MX 10 Mail.example.org."
	for _, c := range []struct {
		name   string
		qtype  uint16
		expect string
		h      dns.HandlerFunc
		want   Outcome
	}{
		{"a record", dns.TypeA, "", answer(nil, a), OK},
		{"the one that is expected", dns.TypeA, "192.0.2.1", answer(nil, "www.example.org. 60 IN A 192.0.2.9", a), OK},
		{"another one", dns.TypeA, "192.0.2.2", answer(nil, a), Mismatch},
		{"the RDATA in other words", dns.TypeMX, "10   mail.EXAMPLE.org.", answer(nil, mx), OK},
		{"at the end of an alias", dns.TypeA, "192.0.2.1", answer(nil, "www.example.org. 1 IN CNAME a.", "a. 1 IN A 192.0.2.1"), OK},
		{"an alias alone", dns.TypeA, "", answer(nil, "www.example.org. 1 IN CNAME a."), Mismatch},
		{"NODATA", dns.TypeA, "", answer(nil), Mismatch},
		{"NXDOMAIN", dns.TypeA, "", answer(func(m, _ *dns.Msg) { m.Rcode = dns.RcodeNameError }), Rcode},
		{"nothing", dns.TypeA, "", silence, Timeout},
		{"an answer to something else", dns.TypeA, "", answer(func(m, _ *dns.Msg) { m.Question[0].Name = "a." }, a), Timeout},
		{"one with another ID", dns.TypeA, "", answer(func(m, _ *dns.Msg) { m.Id++ }, a), Timeout},
		{"a query", dns.TypeA, "", answer(func(m, _ *dns.Msg) { m.Response = false }, a), Timeout},
		{"the name in other letters", dns.TypeA, "", answer(func(m, _ *dns.Msg) { m.Question[0].Name = "WWW.example.org." }, a), OK},
		{"truncated, and then over TCP", dns.TypeA, "192.0.2.1", func(w dns.ResponseWriter, m *dns.Msg) {
			_, tcp := w.RemoteAddr().(*net.TCPAddr)
			answer(func(m, _ *dns.Msg) {
				if !tcp {
					m.Truncated, m.Answer = true, nil
				}
			}, a)(w, m)
		}, OK},
	} {
		s := serve(t, "", c.h)
		r := run(t, mustDNS(t, DNS{Addr: s.addr, Name: "www.Example.org", Type: c.qtype, Expect: c.expect}))
		if wants(t, c.name, r, c.want); c.want == OK && r.RTT <= 0 {
			t.Errorf("%s: it took no time", c.name)
		}
	}
}

func TestDNSWhereDatagramsAreLost(t *testing.T) {
	var asked atomic.Int32
	s := serve(t, "", func(w dns.ResponseWriter, m *dns.Msg) {
		if asked.Add(1) == 3 {
			answer(nil, "a. 1 IN A 192.0.2.1")(w, m)
		}
	})
	wants(t, "two are lost", run(t, mustDNS(t, DNS{Addr: s.addr, Name: "a.", Type: dns.TypeA})), OK)
}

func TestDNSOverABrokenStream(t *testing.T) {
	l, packets := onePort(t)
	defer l.Close()
	say := make(chan string, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for octets := range say {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 512))
			_, _ = conn.Write([]byte(octets))
			conn.Close()
		}
	}()
	start(t, &dns.Server{PacketConn: packets, Handler: answer(func(m, _ *dns.Msg) { m.Truncated = true })})
	c := mustDNS(t, DNS{Addr: l.Addr().(*net.TCPAddr).AddrPort(), Name: "a.", Type: dns.TypeA})
	for octets, want := range map[string]Outcome{"\x00\x05hello": Malformed, "": Malformed, "\x00": Malformed, "\x00\x05he": Malformed} {
		say <- octets
		wants(t, octets, run(t, c), want)
	}
	close(say)
	<-done
}

func TestDNSNobodyThere(t *testing.T) {
	wants(t, "closed", run(t, mustDNS(t, DNS{Addr: closed(t), Name: "a.", Type: dns.TypeA})), Refused)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wants(t, "stopped", mustDNS(t, DNS{Addr: unheard(t), Name: "a.", Type: dns.TypeA}).Run(ctx), Stopped)
}

func TestDNSChecksThatMakeNoSense(t *testing.T) {
	for name, d := range map[string]DNS{
		"no name":      {Addr: at("1.1"), Type: dns.TypeA},
		"a bad name":   {Addr: at("1.1"), Name: strings.Repeat("a", 64) + ".", Type: dns.TypeA},
		"no address":   {Name: "a.", Type: dns.TypeA},
		"other RDATA":  {Addr: at("1.1"), Name: "a.", Type: dns.TypeA, Expect: "2001:db8::1"},
		"two lines":    {Addr: at("1.1"), Name: "a.", Type: dns.TypeA, Expect: "192.0.2.1\nb. 1 IN A 192.0.2.2"},
		"only a space": {Addr: at("1.1"), Name: "a.", Type: dns.TypeA, Expect: " "},
	} {
		if _, err := d.Check(); !errors.Is(err, ErrCheck) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDNSKeys(t *testing.T) {
	for want, d := range map[string]DNS{
		"dns 192.0.1.1:53 a. A":                        {Name: "A", Type: dns.TypeA},
		"dns 192.0.1.1:53 a. MX expect 10 mail.b.":     {Name: "a.", Type: dns.TypeMX, Expect: "10  mail.b."},
		"dns 192.0.1.1:53 a. TXT expect \"a b\" \"c\"": {Name: "a.", Type: dns.TypeTXT, Expect: `"a b" c`},
	} {
		d.Addr = at("1.1")
		if got := mustDNS(t, d).Key().String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestEveryOutcomeIsListed(t *testing.T) {
	seen := map[Outcome]bool{}
	for _, o := range Outcomes() {
		if seen[o] {
			t.Errorf("%s twice", o)
		}
		seen[o] = true
	}
	if len(seen) != 16 {
		t.Errorf("%d outcomes", len(seen))
	}
}
