package downstream_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

// have makes a query an IXFR from a serial.
func have(serial uint32) ask.Option {
	return ask.Message(func(m *dns.Msg) {
		m.Ns = []dns.RR{&dns.SOA{Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: ".", Mbox: ".", Serial: serial}}
	})
}

func TestD16AClientThatIsAsNewOrNewerGetsOneSOA(t *testing.T) {
	t.Parallel()
	s := start(t, hosts(7), nil, "transfer to *")
	for _, serial := range []uint32{7, 8, 7 + 1<<31 - 1} {
		for network, option := range map[string]ask.Option{"UDP": ask.Size(1232), "TCP": ask.TCP()} {
			m := ask.Ask(t, s.ours.Addr(), zone, dns.TypeIXFR, option, have(serial))
			if m.Rcode != dns.RcodeSuccess || !m.Authoritative || len(m.Answer) != 1 || m.Answer[0].(*dns.SOA).Serial != 7 {
				t.Errorf("over %s, with serial %d: %v", network, serial, m)
			}
		}
	}
	s.ours.WaitMetric(t, "metrics", "coredns_secondaryplus_transfers_out_total", 6, "kind=soa", "result=sent")
}

func Test50OverUDPAnIXFRIsOneMessageOrTheSOA(t *testing.T) {
	t.Parallel()
	key := ask.NewKey("transfer.key.")
	s := start(t, hosts(1), []ask.Key{key}, "transfer to 127.0.0.0/8", "transfer to ::1 key transfer.key")
	s.publish(t, 2, 2, hosts)
	for _, c := range []struct {
		name    string
		options []ask.Option
		records int
	}{
		{"one change", []ask.Option{have(1)}, 10},
		{"one change, signed", []ask.Option{have(1), ask.Signed(key), ask.Size(600)}, 10},
		{"the whole zone", []ask.Option{have(0), ask.Size(1232)}, 1},
	} {
		m := ask.Ask(t, s.ours.Addr(), zone, dns.TypeIXFR, c.options...)
		if m.Rcode != dns.RcodeSuccess || m.Truncated || len(m.Answer) != c.records || len(m.Ns) != 0 {
			t.Errorf("%s: %v", c.name, m)
		}
	}
	if m := ask.Ask(t, s.ours.Addr(), zone, dns.TypeAXFR, ask.Size(4096)); m.Rcode != dns.RcodeFormatError || len(m.Answer) != 0 {
		t.Errorf("33: AXFR over UDP: %v", m)
	}
	if m := ask.Ask(t, s.ours.Addr(), zone, dns.TypeIXFR, ask.TCP()); m.Rcode != dns.RcodeFormatError {
		t.Errorf("IXFR without an SOA: %v", m)
	}
}

func Test34StrangersAreRefused(t *testing.T) {
	t.Parallel()
	key, other := ask.NewKey("transfer.key."), ask.NewKey("other.key.")
	wrong := ask.NewKey("transfer.key.")
	s := start(t, hosts(1), []ask.Key{key, other}, "transfer to 127.0.0.9", "transfer to 127.0.0.2/31 key transfer.key.")
	for _, c := range []struct {
		name, from string
		key        *ask.Key
		rcode      int
	}{
		{"an address by itself", "127.0.0.9", nil, dns.RcodeSuccess},
		{"an address by itself, signed all the same", "127.0.0.9", &other, dns.RcodeSuccess},
		{"a stranger", "127.0.0.1", nil, dns.RcodeRefused},
		{"a stranger with the key of others", "127.0.0.1", &key, dns.RcodeRefused},
		{"a prefix without its key", "127.0.0.3", nil, dns.RcodeRefused},
		{"a prefix with another key", "127.0.0.3", &other, dns.RcodeRefused},
		{"a prefix with a wrong secret", "127.0.0.3", &wrong, dns.RcodeNotAuth},
		{"a prefix with its key", "127.0.0.3", &key, dns.RcodeSuccess},
	} {
		for _, fetch := range []func() ([]dns.RR, error){
			func() ([]dns.RR, error) { return ask.FetchAXFR(s.ours.Addr(), zone, c.key, ask.From(c.from)) },
			func() ([]dns.RR, error) { return ask.FetchIXFR(s.ours.Addr(), zone, 0, c.key, ask.From(c.from)) },
		} {
			rrs, err := fetch()
			rcode := dns.RcodeSuccess
			var failed *ask.RcodeError
			if errors.As(err, &failed) {
				rcode = failed.Rcode
			} else if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			if rcode != c.rcode || rcode != dns.RcodeSuccess && len(rrs) > 0 {
				t.Errorf("%s: %s with %d records", c.name, dns.RcodeToString[rcode], len(rrs))
			}
		}
	}
	s.ours.WaitLog(t, `example\.org\.: AXFR of 127\.0\.0\.1 refused: no rule permits it`)
	// The wrong secret is answered by the tsig plugin.
	if a, i := s.out(t, "axfr", "refused"), s.out(t, "ixfr", "refused"); a != 4 || i != 4 {
		t.Errorf("%d and %d are counted as refused, want 4 and 4", a, i)
	}
	if m := ask.Ask(t, s.ours.Addr(), "www."+zone, dns.TypeAXFR, ask.TCP(), ask.From("127.0.0.9")); m.Rcode != dns.RcodeNotAuth {
		t.Errorf("an AXFR of a name in the zone: %v", m)
	}
}

func TestD17AnExpiredOrEmptyZoneIsNotTransferred(t *testing.T) {
	t.Parallel()
	refused := func(s *stand) {
		t.Helper()
		for _, qtype := range []uint16{dns.TypeAXFR, dns.TypeIXFR} {
			m := ask.Ask(t, s.ours.Addr(), zone, qtype, ask.TCP(), have(1))
			if m.Rcode != dns.RcodeServerFailure || len(m.Answer) > 0 {
				t.Errorf("%v", m)
			}
		}
	}
	hurried := "@ SOA ns hostmaster 1 1 1 3 30\n@ NS ns\nns A 127.0.0.1\n"
	s := start(t, hurried, nil, "transfer to *", "refresh 1s 10s", "retry 1s 10s", "expire 1s 30s")
	if lines := ask.AXFR(t, s.ours.Addr(), zone, nil); len(lines) != 3 {
		t.Errorf("before: %q", lines)
	}
	s.primary.OnAll(primary.Silent())
	ask.WaitRcode(t, s.ours.Addr(), zone, dns.RcodeServerFailure)
	refused(s)
	s.ours.Restart(t)
	refused(s)
	s.primary.OnAll()
	ask.WaitSerial(t, s.ours.Addr(), zone, 1)
	if lines := ask.AXFR(t, s.ours.Addr(), zone, nil); len(lines) != 3 {
		t.Errorf("after: %q", lines)
	}
}

// 32: two queries are written before the first is answered.
func Test32SessionsFollowEachOtherOnOneConnection(t *testing.T) {
	t.Parallel()
	s := start(t, hosts(1), nil, "transfer to *")
	s.publish(t, 2, 2, hosts)
	c, err := net.Dial("tcp", s.ours.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(ask.Patience))
	conn := &dns.Conn{Conn: c}
	axfr, ixfr := new(dns.Msg).SetAxfr(zone), new(dns.Msg).SetIxfr(zone, 1, ".", ".")
	for _, m := range []*dns.Msg{axfr, ixfr, axfr} {
		if err := conn.WriteMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []struct {
		id      uint16
		records int
	}{{axfr.Id, 307}, {ixfr.Id, 10}, {axfr.Id, 307}} {
		for got := 0; got < want.records; {
			m, err := conn.ReadMsg()
			if err != nil || m.Id != want.id || len(m.Answer) == 0 {
				t.Fatalf("session %d, after %d records: %v %v", i, got, err, m)
			}
			got += len(m.Answer)
		}
	}
}

// 77, RFC 7314: what remains of the lease, and only when it is asked for.
func TestTheLeaseThatIsLeftIsTold(t *testing.T) {
	t.Parallel()
	s := start(t, hosts(1), nil, "transfer to *")
	option := ask.EDNS0(&dns.EDNS0_EXPIRE{Code: dns.EDNS0EXPIRE, Empty: true})
	for _, c := range []struct {
		qtype   uint16
		options []ask.Option
	}{
		{dns.TypeSOA, nil}, {dns.TypeIXFR, []ask.Option{have(1)}}, {dns.TypeIXFR, []ask.Option{have(1), ask.TCP()}}, {dns.TypeAXFR, []ask.Option{ask.TCP()}},
	} {
		m := ask.Ask(t, s.ours.Addr(), zone, c.qtype, append([]ask.Option{option, ask.DO()}, c.options...)...)
		opt := m.IsEdns0()
		if opt == nil || len(opt.Option) != 1 || !opt.Do() || opt.UDPSize() != 1232 {
			t.Fatalf("%s: %v", dns.TypeToString[c.qtype], m)
		}
		e, ok := opt.Option[0].(*dns.EDNS0_EXPIRE)
		if !ok || e.Empty || e.Expire > 86400 || e.Expire < 86400-uint32(ask.Patience.Seconds())*4 {
			t.Errorf("%s: %v", dns.TypeToString[c.qtype], opt)
		}
		m = ask.Ask(t, s.ours.Addr(), zone, c.qtype, append([]ask.Option{ask.DO()}, c.options...)...)
		if opt := m.IsEdns0(); opt == nil || len(opt.Option) != 0 {
			t.Errorf("%s without the option: %v", dns.TypeToString[c.qtype], m)
		}
		m = ask.Ask(t, s.ours.Addr(), zone, c.qtype, c.options...)
		if m.IsEdns0() != nil {
			t.Errorf("%s without EDNS: %v", dns.TypeToString[c.qtype], m)
		}
	}
}
