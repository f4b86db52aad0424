package nsfailover_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// What does not answer is not up, and nothing else is known of it: it is neither in step, nor behind.
func TestWatchWhatCannotBeReachedIsUnknown(t *testing.T) {
	t.Parallel()
	text := twoServers(7, host2)
	f := newFarm(t, text)
	f.server(t, peer.Knot, host1, zone, text)
	second := f.server(t, peer.NSD, host2, zone, text)
	s := f.start(t)
	for _, metric := range []string{"ns_up", "ns_edns"} {
		wantNS(t, s, metric, ns1, host1, 1)
		wantNS(t, s, metric, ns2, host2, 1)
	}
	for _, metric := range []string{"ns_lag_seconds", "ns_drift", "ns_recursion"} {
		wantNS(t, s, metric, ns2, host2, 0)
	}
	wantSeries(t, s, "ns_count", 2, "zone="+zone)
	wantSeries(t, s, "shared_failure_domain", 0, "kind=prefix")
	wantSeries(t, s, "shared_failure_domain", 0, "kind=single")
	s.WaitMetricThat(t, "metrics", "coredns_nsfailover_ns_rtt_seconds_count", "≥ 1", func(v float64) bool { return v >= 1 }, at(ns2, host2)...)

	second.Stop()
	s.WaitLog(t, `nameserver ns2\.example\.org\. \(127\.0\.12\.1:\d+\): does not answer: connection refused`)
	wantNS(t, s, "ns_up", ns2, host2, 0)
	for _, metric := range []string{"ns_lag_seconds", "ns_drift", "ns_recursion", "ns_edns"} {
		wantNone(t, s, metric, at(ns2, host2)...)
	}
	wantNS(t, s, "ns_lag_seconds", ns1, host1, 0)
	f.hook.Want(t, "NSUnreachable", "firing", ns2, host2)

	second.Restart(t)
	s.WaitLog(t, `nameserver ns2\..*: is over: does not answer`)
	wantNS(t, s, "ns_up", ns2, host2, 1)
	f.hook.Want(t, "NSUnreachable", "resolved", ns2, host2)
}

// One that has lost the zone refuses; a resolver that somebody has named as a nameserver answers without authority.
func TestWatchALameServer(t *testing.T) {
	t.Parallel()
	text := twoServers(7, host2)
	f := newFarm(t, text)
	f.server(t, peer.Knot, host1, "example.net.", "$ORIGIN example.net.\n@ 300 SOA ns h 1 3600 600 86400 30\n@ 300 NS ns\nns 300 A 127.0.0.1\n")
	second := primary.Start(t, primary.Config{Zone: zone, Addr: fmt.Sprintf("%s:%d", host2, f.port)})
	second.Publish(t, text)
	second.OnAll(primary.NoAA())
	s := f.start(t)
	s.WaitLog(t, `nameserver ns1\..*: is lame: it answers REFUSED`)
	s.WaitLog(t, `nameserver ns2\..*: is lame: it answers without authority`)
	wantNS(t, s, "ns_up", ns1, host1, 0)
	wantNS(t, s, "ns_up", ns2, host2, 0)
	wantNone(t, s, "ns_lag_seconds", "zone="+zone)
	f.hook.Want(t, "NSLame", `"critical"`, "firing", ns1, host1)
	second.OnAll()
	s.WaitLog(t, `nameserver ns2\..*: is over: is lame`)
	wantNS(t, s, "ns_up", ns2, host2, 1)
	wantNS(t, s, "ns_lag_seconds", ns2, host2, 0)
	f.hook.Want(t, "NSLame", "resolved", ns2, host2)
}

// The lag is the time since the first serial was seen that the server does not have, and not since the last.
func TestWatchAServerThreeSerialsBehind(t *testing.T) {
	t.Parallel()
	text := twoServers(7, host2)
	f := newFarm(t, text)
	first := f.server(t, peer.Knot, host1, zone, text)
	f.server(t, peer.Knot, host2, zone, text)
	s := f.start(t, "after 1s")
	wantNS(t, s, "ns_lag_seconds", ns2, host2, 0)
	publish := func(serial int) {
		next := twoServers(serial, host2)
		f.primary.SetZone(t, zone, next)
		first.SetZone(t, zone, next)
		ask.WaitSerial(t, s.Addr(), zone, uint32(serial))
	}
	lag := func() float64 {
		v, _ := s.Metrics(t, "metrics").Value("coredns_nsfailover_ns_lag_seconds", at(ns2, host2)...)
		return v
	}
	before := time.Now()
	publish(8)
	ask.Until(t, "the second one is behind", func() error {
		if lag() == 0 {
			return fmt.Errorf("it is not")
		}
		return nil
	})
	after := time.Now() // serial 8 was seen first somewhere between the two
	publish(9)
	publish(10)
	s.WaitLog(t, `nameserver ns2\..*: has serial 7, which is not in step with 10`)
	least := time.Since(after).Seconds()
	got := lag()
	if most := time.Since(before).Seconds(); got < least || got > most {
		t.Errorf("a lag of %v s, which is not from %v to %v", got, least, most)
	}
	wantNS(t, s, "ns_lag_seconds", ns1, host1, 0)
	f.hook.Want(t, "NSLag", "firing", ns2, host2)
	if post := f.hook.Find("NSLag", ns1); post != "" {
		t.Errorf("the one in step is told of: %s", post)
	}
}

// After a publication it is looked again and again, until all are in step.
func TestWatchLooksAfterEachPublication(t *testing.T) {
	t.Parallel()
	text := twoServers(7, host2)
	f := newFarm(t, text)
	first := f.server(t, peer.Knot, host1, zone, text)
	second := f.server(t, peer.Knot, host2, zone, text)
	s := understudy.Start(t, understudy.Config{Corefile: f.corefile("every 1h", "after 1s 2s")})
	wantNS(t, s, "ns_lag_seconds", ns2, host2, 0)
	next := twoServers(8, host2)
	first.SetZone(t, zone, next)
	f.primary.SetZone(t, zone, next)
	s.WaitMetricThat(t, "metrics", "coredns_nsfailover_ns_lag_seconds", "> 0", func(v float64) bool { return v > 0 }, at(ns2, host2)...)
	second.SetZone(t, zone, next)
	wantNS(t, s, "ns_lag_seconds", ns2, host2, 0)
}

// A record that somebody has changed at one server, with the same serial. Other TTLs and another case are no difference.
func TestWatchADriftedRecordAtAnEqualSerial(t *testing.T) {
	t.Parallel()
	f := newFarm(t, twoServers(7, host2, "_sip._tcp SRV 0 0 5060 Www"))
	f.server(t, peer.Knot, host1, zone, twoServers(7, host2, "$TTL 60", "_SIP._tcp SRV 0 0 5060 wWW"))
	second := f.server(t, peer.NSD, host2, zone, twoServers(7, host2, "_sip._tcp SRV 0 0 5060 www", "www A 192.0.2.81"))
	s := f.start(t, "protect www.example.org A", "protect _sip._tcp.example.org SRV")
	s.WaitLog(t, `nameserver ns2\..*: answers with other records than it should: www\.example\.org\. A\s`)
	wantNS(t, s, "ns_drift", ns2, host2, 1)
	wantNS(t, s, "ns_drift", ns1, host1, 0)
	f.hook.Want(t, "NSDrift", `"critical"`, ns2, "www.example.org. A")
	second.SetZone(t, zone, twoServers(7, host2, "_sip._tcp SRV 0 0 5060 www"))
	s.WaitLog(t, `nameserver ns2\..*: is over: answers with other records`)
	wantNS(t, s, "ns_drift", ns2, host2, 0)
}

// What nobody protects is found by a sample: of a small zone, all of it.
func TestWatchASampleFindsWhatNobodyProtects(t *testing.T) {
	t.Parallel()
	f := newFarm(t, twoServers(7, host2))
	f.server(t, peer.Knot, host1, zone, twoServers(7, host2))
	f.server(t, peer.Knot, host2, zone, twoServers(7, host2, "mail A 192.0.2.26"))
	s := f.start(t)
	s.WaitLog(t, `nameserver ns2\..*: answers with other records than it should: mail\.example\.org\. A\s`)
}

// Two providers with serials of their own: these say nothing, and what differs must stay.
func TestWatchProvidersByContent(t *testing.T) {
	t.Parallel()
	f := newFarm(t, twoServers(7, host2))
	f.server(t, peer.Knot, host1, zone, twoServers(7, host2))
	second := f.server(t, peer.NSD, host2, zone, twoServers(1001, host2))
	s := f.start(t, "compare content")
	wantNS(t, s, "ns_drift", ns1, host1, 0)
	wantNS(t, s, "ns_drift", ns2, host2, 0)
	wantNone(t, s, "ns_lag_seconds", "zone="+zone)
	second.SetZone(t, zone, twoServers(1002, host2, "@ MX 20 mail"))
	s.WaitLog(t, `nameserver ns2\..*: answers with other records than it should: example\.org\. MX\s`)
	wantNS(t, s, "ns_drift", ns2, host2, 1)
}
