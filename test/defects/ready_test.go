package defects_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestD12AnNSEC3ZoneIsServed(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.Knot)
	text := "$ORIGIN " + zone + "\n" + calm(1, 30)
	p := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{Name: zone, Text: text, Signing: &peer.Signing{NSEC3: true}}}})
	s := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr())})
	ask.WaitSerial(t, s.Addr(), zone, p.Serial(t, zone))
	for _, name := range []string{"nothing." + zone, "no.thing.h1." + zone} {
		theirs := ask.Ask(t, p.Addr(), name, dns.TypeA, ask.DO(), ask.TCP())
		ours := ask.Ask(t, s.Addr(), name, dns.TypeA, ask.DO(), ask.TCP())
		a, b := ask.Lines(theirs.Ns), ask.Lines(ours.Ns)
		if ours.Rcode != dns.RcodeNameError || strings.Join(a, "\n") != strings.Join(b, "\n") {
			t.Errorf("%s: the primary says\n%s\nours says %s\n%s", name, strings.Join(a, "\n"), dns.RcodeToString[ours.Rcode], strings.Join(b, "\n"))
		}
	}
}

func TestD24ReadinessAndMetrics(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, calm(7, 5))
	held, release := primary.Held(t)
	p.On(primary.AXFR, held)
	s := understudy.Start(t, understudy.Config{
		Corefile: strings.Replace(corefile(p.Addr()), "errors", "errors\nready 127.0.0.1:{{port:ready}}", 1),
	})
	waitReady(t, s, http.StatusServiceUnavailable)
	p.WaitQuery(t, primary.AXFR, 1)
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_state", 1, "zone="+zone, "state=unloaded")
	waitReady(t, s, http.StatusServiceUnavailable)
	release()
	waitReady(t, s, http.StatusOK)
	for name, want := range map[string]float64{
		"zone_serial": 7, "zone_primary_serial": 7, "zone_records": 8,
		"zone_state{state=serving}":                   1,
		"zone_state{state=unloaded}":                  0,
		"refreshes_total{result=updated}":             1,
		"transfers_total{kind=axfr,result=succeeded}": 1,
		"transfers_total{kind=ixfr,result=succeeded}": 0,
		"notifies_total{result=accepted}":             0,
		"transfer_duration_seconds_count{kind=axfr}":  1,
	} {
		name, labels, _ := strings.Cut(strings.TrimSuffix(name, "}"), "{")
		var list []string
		if labels != "" {
			list = strings.Split(labels, ",")
		}
		s.WaitMetric(t, "metrics", "coredns_secondaryplus_"+name, want, list...)
	}
	m := s.Metrics(t, "metrics")
	last, _ := m.Value("coredns_secondaryplus_zone_last_success_timestamp_seconds")
	expire, _ := m.Value("coredns_secondaryplus_zone_expire_timestamp_seconds")
	if last == 0 || expire-last < 86399 || expire-last > 86401 {
		t.Errorf("the last success was at %v, the lease ends at %v", last, expire)
	}
}

func waitReady(t *testing.T, s *understudy.Server, status int) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("readiness is %d", status), func() error {
		r, err := http.Get("http://" + s.AddrOf("ready") + "/ready")
		if err != nil {
			return err
		}
		r.Body.Close()
		if r.StatusCode != status {
			return fmt.Errorf("%s", r.Status)
		}
		return nil
	})
}
