package interop_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// expireField is EXPIRE in the SOA here, in seconds.
const expireField = 5000

// leaseText is a zone that is checked every second or two, by each in the chain.
func leaseText(serial uint32) string {
	return fmt.Sprintf("$ORIGIN %s\n@ 300 SOA ns1 hostmaster %d 1 1 %d 300\n@ 300 NS ns1\nns1 300 A 192.0.2.1\n", zone, serial, expireField)
}

// upstreams are the peers that answer EXPIRE as secondaries; NSD does not.
var upstreams = map[peer.Kind]string{
	peer.Named: "min-refresh-time 1;\nmin-retry-time 1;",
	peer.Knot:  "",
}

// TestAChainExpiresTogether is a primary, a secondary of it, and ours below that: RFC 7314.
func TestAChainExpiresTogether(t *testing.T) {
	t.Parallel()
	for kind, extra := range upstreams {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			peer.Require(t, kind)
			top := peer.Start(t, kind, peer.Config{Zones: []peer.Zone{{Name: zone, Text: leaseText(1)}}})
			upstream := peer.Start(t, kind, peer.Config{Extra: extra, Zones: []peer.Zone{{
				Name: zone, Primaries: []peer.Endpoint{{Addr: top.Addr()}},
			}}})
			upstream.WaitServing(t, zone, 1)
			top.Kill()
			waitLeft(t, upstream, expireField-6)
			ours := understudy.Start(t, understudy.Config{Corefile: plan{
				zone: peer.Zone{Name: zone}, properties: []string{"refresh 1s 1s", "retry 1s 1s"},
			}.corefile(upstream.Addr())})
			ask.WaitSerial(t, ours.Addr(), zone, 1)
			wantLeaseOf(t, ours, upstream)
			wantLess(t, ours, expireField)

			// Checks go on and prove the zone; they do not extend it.
			ours.WaitMetricThat(t, "metrics", "coredns_secondaryplus_refreshes_total", ">= 4",
				func(v float64) bool { return v >= 4 }, "zone="+zone, "result=current")
			wantLeaseOf(t, ours, upstream)

			// What renews the lease of the upstream renews ours.
			before := expiry(t, ours)
			top.Restart(t)
			ours.WaitMetricThat(t, "metrics", "coredns_secondaryplus_zone_expire_timestamp_seconds", "later",
				func(v float64) bool { return v > before+3 }, "zone="+zone)
		})
	}
}

// TestThePrimaryItselfGivesAllOfEXPIRE: with each peer, also with NSD, which does not know of EXPIRE.
func TestThePrimaryItselfGivesAllOfEXPIRE(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		w := plan{kind: kind, zone: peer.Zone{Text: leaseText(1)}, properties: []string{"expire 2h 3h"}}.start(t)
		m := w.ours.Metrics(t, "metrics")
		proved, _ := m.Value("coredns_secondaryplus_zone_last_success_timestamp_seconds", "zone="+zone)
		if left := expiry(t, w.ours) - proved; left < 7200-1 || left > 7200+5 {
			t.Errorf("the lease is %v s; EXPIRE %d is raised to 2h", left, expireField)
		}
	})
}

// left is what a secondary answers to EXPIRE, in seconds.
func left(s *peer.Server) (float64, error) {
	m, err := ask.Query(s.Addr(), zone, dns.TypeSOA, ask.EDNS0(&dns.EDNS0_EXPIRE{Code: dns.EDNS0EXPIRE, Empty: true}))
	if err != nil {
		return 0, err
	}
	if opt := m.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if e, ok := o.(*dns.EDNS0_EXPIRE); ok && !e.Empty {
				return float64(e.Expire), nil
			}
		}
	}
	return 0, fmt.Errorf("%s answers no EXPIRE", s)
}

func waitLeft(t *testing.T, s *peer.Server, most float64) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("%s has less than %v s left", s, most), func() error {
		n, err := left(s)
		if err == nil && n > most {
			err = fmt.Errorf("%v s", n)
		}
		return err
	})
}

func expiry(t *testing.T, s *understudy.Server) float64 {
	t.Helper()
	v, ok := s.Metrics(t, "metrics").Value("coredns_secondaryplus_zone_expire_timestamp_seconds", "zone="+zone)
	if !ok {
		t.Fatal("no lease")
	}
	return v
}

// wantLeaseOf compares the ends of two leases. The option is in whole seconds.
func wantLeaseOf(t *testing.T, ours *understudy.Server, upstream *peer.Server) {
	t.Helper()
	before := float64(time.Now().UnixMilli()) / 1000
	n, err := left(upstream)
	after := float64(time.Now().UnixMilli()) / 1000
	if err != nil {
		t.Fatal(err)
	}
	if got := expiry(t, ours); got < before+n-2 || got > after+n+2 {
		t.Errorf("ours expires at %.1f, the upstream between %.1f and %.1f", got, before+n, after+n)
	}
}

// wantLess: the lease is shorter than one that began with our last refresh.
func wantLess(t *testing.T, ours *understudy.Server, whole float64) {
	t.Helper()
	proved, _ := ours.Metrics(t, "metrics").Value("coredns_secondaryplus_zone_last_success_timestamp_seconds", "zone="+zone)
	if got := expiry(t, ours); got > proved+whole-3 {
		t.Errorf("the lease is %.1f s long", got-proved)
	}
}
