package interop_test

import (
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// hasIPv6 says whether the machine has ::1.
func hasIPv6() bool {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	l.Close()
	return true
}

func TestAPrimaryAtAnIPv6Address(t *testing.T) {
	t.Parallel()
	if !hasIPv6() {
		t.Log("this machine has no ::1")
		return
	}
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		// NOTIFY is not sent across families, so ours listens on both.
		w := plan{kind: kind, host: "::1", zone: peer.Zone{Text: varied(1)}, quiet: true, block: []string{"bind 127.0.0.1 ::1"}}.start(t)
		before := w.now(t)
		w.primary.SetZone(t, zone, varied(2))
		w.primary.WaitServing(t, zone, 2)
		own := "[::1]" + strings.TrimPrefix(w.ours.Addr(), "127.0.0.1")
		if m := ask.Notify(t, own, zone, 2, nil, ask.From("::1")); m.Rcode != dns.RcodeSuccess {
			t.Errorf("the NOTIFY is answered %s", dns.RcodeToString[m.Rcode])
		}
		w.waitEqualSerial(t)
		w.wantOnlyIXFR(t, before)
		w.wantEqual(t)
	})
}

func TestTheSourceAddressIsTheOneConfigured(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		only := []peer.Access{{Prefix: "127.0.0.2"}}
		w := plan{
			kind: kind, zone: peer.Zone{Text: varied(1), AllowTransfer: only},
			properties: []string{"source 127.0.0.2"},
		}.start(t)
		before := w.now(t)
		w.change(t, varied(2))
		w.wantOnlyIXFR(t, before)
		if _, err := ask.FetchAXFR(w.primary.Addr(), zone, nil); err == nil {
			t.Error("the primary allows transfers to other addresses too")
		}
	})
}

func TestEveryQueryComesFromTheSourceAddress(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hosts(zone, 1, 5))
	s := understudy.Start(t, understudy.Config{
		Corefile: plan{zone: peer.Zone{Name: zone}, properties: []string{"source 127.0.0.2"}}.corefile(p.Addr()),
	})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	p.OnNext(primary.IXFR, 1, primary.Refused())
	p.Publish(t, hosts(zone, 2, 5))
	p.NotifyTo(t, s.Addr(), nil)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	for _, q := range p.Queries() {
		if host, _, _ := net.SplitHostPort(q.Remote.String()); host != "127.0.0.2" {
			t.Errorf("a query from elsewhere: %s", q)
		}
	}
	if p.Count(primary.SOA) == 0 || p.Count(primary.AXFR) != 2 || p.Count(primary.IXFR) != 1 {
		t.Errorf("queries: %v", p.Queries())
	}
}
