package interop_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

const transfers = "coredns_secondaryplus_transfers_total"

// transferred is how many transfers of a kind succeeded, by our metrics.
func transferred(t testing.TB, s *understudy.Server, zone, kind string) int {
	t.Helper()
	n, _ := s.Metrics(t, "metrics").Value(transfers, "zone="+zone, "kind="+kind, "result=succeeded")
	return int(n)
}

// failed is how many transfers failed.
func failed(t testing.TB, s *understudy.Server, zone string) int {
	t.Helper()
	n, _ := s.Metrics(t, "metrics").Value(transfers, "zone="+zone, "result=failed")
	return int(n)
}

// moment is a point in the life of a pair, from which on transfers are counted.
type moment struct {
	logged     int // in the primary's log
	ownLogged  int
	axfr, ixfr int
	failed     int
}

// now waits until our log tells of the version that is served (it is published
// first, then counted, then logged), and the primary's of what it sent.
func (w *pair) now(t testing.TB) moment {
	t.Helper()
	serial, err := ask.Serial(w.ours.Addr(), w.zone.Name)
	if err != nil {
		t.Fatal(err)
	}
	w.ours.WaitLog(t, fmt.Sprintf(`%s: serial %d .*by `, regexp.QuoteMeta(w.zone.Name), serial))
	m := moment{
		ownLogged: w.ours.Mark(),
		axfr:      transferred(t, w.ours, w.zone.Name, "axfr") + transferred(t, w.ours, w.zone.Name, "axfr-style-ixfr"),
		ixfr:      transferred(t, w.ours, w.zone.Name, "ixfr"),
		failed:    failed(t, w.ours, w.zone.Name),
	}
	ask.Until(t, "the primary's log tells of each transfer", func() error {
		if n := len(w.primary.Transfers(w.zone.Name)); n < m.axfr+m.ixfr {
			return fmt.Errorf("of %d only", n)
		}
		return nil
	})
	m.logged = w.primary.Mark()
	return m
}

// wantOnlyIXFR has the primary, our metrics and our log say that since m there
// were IXFRs that brought the primary's present serial, and no AXFR.
func (w *pair) wantOnlyIXFR(t testing.TB, m moment) {
	t.Helper()
	w.primary.WaitTransfer(t, m.logged, w.zone.Name, "IXFR")
	now := w.now(t)
	for _, x := range w.primary.TransfersSince(m.logged, w.zone.Name) {
		if x.Style != "IXFR" {
			t.Errorf("the primary sent an %s: %s", x.Style, x.Line)
		}
	}
	if now.axfr != m.axfr || now.failed != m.failed || now.ixfr <= m.ixfr {
		t.Errorf("transfers: AXFR %d -> %d, IXFR %d -> %d, failed %d -> %d", m.axfr, now.axfr, m.ixfr, now.ixfr, m.failed, now.failed)
	}
	w.ours.WaitLogFrom(t, m.ownLogged, fmt.Sprintf(`serial %d \(was \d+\) by ixfr from %s`, w.primary.Serial(t, w.zone.Name), regexp.QuoteMeta(w.primary.Addr())))
	if log := w.ours.LogSince(m.ownLogged); strings.Contains(log, "by axfr") {
		t.Errorf("our log tells of an AXFR:\n%s", log)
	}
}

// serialOf is the serial of a zone's text.
func serialOf(t testing.TB, zone, text string) uint32 {
	t.Helper()
	p := dns.NewZoneParser(strings.NewReader(text), zone, "")
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		if soa, ok := rr.(*dns.SOA); ok {
			return soa.Serial
		}
	}
	t.Fatalf("no SOA: %v", p.Err())
	return 0
}

// hosts is a small zone with a serial and a number of hosts.
func hosts(zone string, serial uint32, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$ORIGIN %s\n$TTL 300\n@ SOA ns hostmaster %d 60 10 600 30\n@ NS ns\nns A 127.0.0.1\n", zone, serial)
	for i := range n {
		fmt.Fprintf(&b, "h%d A 192.0.2.%d\n", i, i%250+1)
	}
	return b.String()
}

// answers says whether ours has an address for a name, right now.
func answers(t testing.TB, s *understudy.Server, name string) bool {
	t.Helper()
	m := ask.Ask(t, s.Addr(), name, dns.TypeA)
	return m.Rcode == dns.RcodeSuccess && m.Authoritative && len(m.Answer) > 0
}

// eachKind runs a test with every implementation as the primary.
func eachKind(t *testing.T, test func(t *testing.T, kind peer.Kind)) {
	for _, kind := range peer.Kinds() {
		t.Run(string(kind)+" is the primary", func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}
