package primary_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

const zone = "example.org."

// content is a zone whose host number i exists from serial i on.
func content(serial, hosts int) string {
	text := fmt.Sprintf("@ SOA ns hostmaster %d 60 10 600 30\n@ NS ns\nns A 127.0.0.1\n_s._tcp SRV 1 2 53 ns\n", serial)
	for i := range hosts {
		text += fmt.Sprintf("h%d A 192.0.2.%d\nh%d TXT \"host %d\"\n", i, i%250+1, i, i)
	}
	return text
}

// start has the versions 1, 2 and 3, with 10, 11 and 12 hosts.
func start(t *testing.T, key *ask.Key) *primary.Primary {
	t.Helper()
	p := primary.Start(t, primary.Config{Zone: zone, Key: key})
	for i := range 3 {
		p.Publish(t, content(i+1, 10+i))
	}
	return p
}

func TestCorrectAnswersSatisfyOtherClients(t *testing.T) {
	t.Parallel()
	key := ask.NewKey("k")
	p := start(t, &key)
	for _, opts := range [][]ask.Option{nil, {ask.TCP()}, {ask.Signed(key)}, {ask.TCP(), ask.Signed(key), ask.DO()}} {
		if n, err := ask.Serial(p.Addr(), zone, opts...); n != 3 || err != nil {
			t.Errorf("serial %d, %v", n, err)
		}
	}
	if m := ask.Ask(t, p.Addr(), "h1."+zone, dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("A: %v", m)
	}
	for _, k := range []*ask.Key{nil, &key} {
		if lines := ask.AXFR(t, p.Addr(), zone, k); len(lines) != 4+24 {
			t.Errorf("AXFR: %d records", len(lines))
		}
	}
	m := new(dns.Msg).SetAxfr(zone)
	m.SetTsig(key.FQDN(), dns.HmacSHA256, 300, time.Now().Unix())
	tr := &dns.Transfer{TsigSecret: map[string]string{key.FQDN(): key.Secret}}
	ch, err := tr.In(m, p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for e := range ch {
		if e.Error != nil {
			t.Fatal(e.Error)
		}
		n += len(e.RR)
	}
	if n != 29 {
		t.Errorf("miekg/dns got %d records", n)
	}
}

func TestIXFRFollowsFromTheVersions(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	for _, c := range []struct {
		serial uint32
		want   string
	}{
		{3, "3"}, {9, "3"}, {2, "3 2 3 AT 3"}, {1, "3 1 2 AT 2 3 AT 3"}, {4000000000, "3 whole 3"},
	} {
		rrs := ask.IXFR(t, p.Addr(), zone, c.serial, nil)
		if got := shape(rrs); got != c.want {
			t.Errorf("from %d: %s", c.serial, got)
		}
	}
	p.Forget()
	if got := shape(ask.IXFR(t, p.Addr(), zone, 2, nil)); got != "3 whole 3" {
		t.Errorf("after Forget: %s", got)
	}
	q := p.WaitQuery(t, primary.IXFR, 2)
	if q.Serial != 9 || q.Net != "tcp" {
		t.Errorf("query: %v", q)
	}
}

// shape is the serials of SOAs and first letters of other types.
func shape(rrs []dns.RR) string {
	var b strings.Builder
	others := 0
	for _, rr := range rrs {
		if soa, ok := rr.(*dns.SOA); ok {
			fmt.Fprintf(&b, " %d ", soa.Serial)
			continue
		}
		others++
		b.WriteString(dns.TypeToString[rr.Header().Rrtype][:1])
	}
	f := strings.Fields(b.String())
	if others > 8 {
		f = []string{f[0], "whole", f[len(f)-1]}
	}
	return strings.Join(f, " ")
}

func TestIXFROverUDPFallsBackToOneSOA(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	q := ask.Message(func(m *dns.Msg) { m.SetIxfr(zone, 2, ".", ".") })
	if m := ask.Ask(t, p.Addr(), zone, dns.TypeIXFR, q); shape(m.Answer) != "3 2 3 AT 3" {
		t.Errorf("small: %v", m)
	}
	q = ask.Message(func(m *dns.Msg) { m.SetIxfr(zone, 4000000000, ".", ".") })
	if m := ask.Ask(t, p.Addr(), zone, dns.TypeIXFR, q); shape(m.Answer) != "3" || m.Truncated {
		t.Errorf("large: %v", m)
	}
}

func TestOnNextComesBeforeOn(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.On(primary.SOA, primary.Refused())
	p.OnNext(primary.SOA, 1, primary.Servfail())
	p.OnNext(primary.SOA, 1)
	for _, want := range []int{dns.RcodeServerFailure, dns.RcodeSuccess, dns.RcodeRefused, dns.RcodeRefused} {
		if m := ask.Ask(t, p.Addr(), zone, dns.TypeSOA); m.Rcode != want {
			t.Errorf("got %s", dns.RcodeToString[m.Rcode])
		}
	}
	if n := p.Count(primary.SOA); n != 4 {
		t.Errorf("%d queries", n)
	}
}

func TestNotify(t *testing.T) {
	t.Parallel()
	p, other := start(t, nil), start(t, nil)
	p.NotifyTo(t, other.Addr(), nil)
	q := other.WaitQueryThat(t, 1, "NOTIFY", func(q primary.Query) bool { return q.Msg.Opcode == dns.OpcodeNotify })
	if soa := q.Msg.Answer[0].(*dns.SOA); soa.Serial != 3 {
		t.Errorf("NOTIFY: %v", q.Msg)
	}
}

func TestTCPModes(t *testing.T) {
	t.Parallel()
	for mode, timeout := range map[primary.TCPMode]bool{primary.Closed: false, primary.BlackHole: true} {
		p := primary.Start(t, primary.Config{Zone: zone, TCP: mode})
		p.Publish(t, content(1, 1))
		ask.WaitSerial(t, p.Addr(), zone, 1)
		_, err := ask.Query(p.Addr(), zone, dns.TypeSOA, ask.TCP(), ask.Timeout(300*time.Millisecond))
		var ne net.Error
		if err == nil || (errors.As(err, &ne) && ne.Timeout()) != timeout {
			t.Errorf("mode %d: %v", mode, err)
		}
	}
}

func TestEveryFaultHasAName(t *testing.T) {
	t.Parallel()
	names := primary.Names()
	if len(names) < 60 || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("%d names: %v", len(names), names)
	}
	for _, n := range names {
		if _, err := primary.ByName(strings.TrimSuffix(n, "=")); err != nil {
			t.Error(err)
		}
	}
	if _, err := primary.ByName("nothing"); err == nil {
		t.Error("no error for an unknown name")
	}
}
