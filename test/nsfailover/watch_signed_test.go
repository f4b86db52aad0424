package nsfailover_test

import (
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/sign"
)

func in(hours int) time.Time {
	return time.Now().Add(time.Duration(hours) * time.Hour).Truncate(time.Second)
}

const month = 30 * 24 // hours

// The parent's DS record names a key that the zone does not have, as after a change of keys that was not told.
func TestWatchADSWithoutItsDNSKEY(t *testing.T) {
	t.Parallel()
	k, other := sign.New(t, zone), sign.New(t, zone)
	until := in(month)
	f, parent := delegated(t, k.Sign(t, twoServers(7, host2), until), append([]string{k.DS(t)}, delegates2...)...)
	s := f.start(t, "parent 1s", "dnssec 1s")
	wantSeries(t, s, "delegation_mismatch", 0, "kind=ds")
	for ns, host := range map[string]string{ns1: host1, ns2: host2} {
		wantNS(t, s, "dnssec_valid", ns, host, 1)
		wantNS(t, s, "rrsig_expiry_timestamp_seconds", ns, host, float64(until.Unix()))
	}
	if f.hook.Find("RRSIGExpiring") != "" {
		t.Error("a month is too short")
	}
	parent.SetZone(t, "org.", parentText(2, append([]string{other.DS(t)}, delegates2...)...))
	s.WaitLog(t, `delegation: the DS RRset in org\. matches no DNSKEY at ns1\.example\.org\. \(127\.0\.11\.1:\d+\), ns2\.`)
	wantSeries(t, s, "delegation_mismatch", 1, "kind=ds")
	wantSeries(t, s, "delegation_mismatch", 0, "kind=ns")
	wantNS(t, s, "dnssec_valid", ns1, host1, 0)
	f.hook.Want(t, "DelegationMismatch", `"critical"`, `"kind":"ds"`)
	parent.SetZone(t, "org.", parentText(3, append([]string{k.DS(t)}, delegates2...)...))
	wantSeries(t, s, "delegation_mismatch", 0, "kind=ds")
	wantNS(t, s, "dnssec_valid", ns1, host1, 1)
}

// Somebody's signer has stopped: with three days left that is worth a warning, with one it is critical.
func TestWatchSignaturesThatExpireSoon(t *testing.T) {
	t.Parallel()
	k := sign.New(t, zone)
	soon, sooner := in(60), in(20)
	f := newFarm(t, k.Sign(t, twoServers(7, host2), in(month)))
	f.server(t, peer.Knot, host1, zone, k.Sign(t, twoServers(7, host2), in(80)))
	second := f.server(t, peer.NSD, host2, zone, k.Sign(t, twoServers(7, host2), soon))
	s := f.start(t, "dnssec 1s")
	s.WaitLog(t, `nameserver ns2\..*: has signatures that expire at `+soon.UTC().Format(time.RFC3339))
	wantNS(t, s, "rrsig_expiry_timestamp_seconds", ns2, host2, float64(soon.Unix()))
	wantNS(t, s, "dnssec_valid", ns2, host2, 1)
	wantNS(t, s, "ns_drift", ns2, host2, 0) // signatures are no difference
	f.hook.Want(t, "RRSIGExpiring", `"warning"`, ns2)
	if post := f.hook.Find("RRSIGExpiring", ns1); post != "" {
		t.Errorf("more than three days are too short: %s", post)
	}
	second.SetZone(t, zone, k.Sign(t, twoServers(7, host2), sooner))
	s.WaitLog(t, `nameserver ns2\..*: has signatures that expire at `+sooner.UTC().Format(time.RFC3339))
	f.hook.Want(t, "RRSIGExpiring", `"critical"`, ns2)
	second.SetZone(t, zone, k.Sign(t, twoServers(7, host2), in(-1)))
	s.WaitLog(t, `nameserver ns2\..*: has signatures that expired at `)
	s.WaitLog(t, `nameserver ns2\..*: does not validate: the \w+ RRset: the RRSIG has expired`)
	wantNS(t, s, "dnssec_valid", ns2, host2, 0)
	second.SetZone(t, zone, k.Sign(t, twoServers(7, host2), in(month)))
	s.WaitLog(t, `nameserver ns2\..*: is over: has signatures`)
	wantNS(t, s, "dnssec_valid", ns2, host2, 1)
	f.hook.Want(t, "RRSIGExpiring", "resolved", ns2)
}

// What is looked at more seldom than the rest is known in between.
func TestWatchSignaturesStayKnownBetweenTwoLooks(t *testing.T) {
	t.Parallel()
	text := sign.New(t, zone).Sign(t, twoServers(7, host2), in(month))
	f := newFarm(t, text)
	f.server(t, peer.Knot, host1, zone, text)
	f.server(t, peer.Knot, host2, zone, text)
	s := f.start(t, "dnssec 1h")
	wantNS(t, s, "dnssec_valid", ns1, host1, 1)
	rounds := func() float64 {
		v, _ := s.Metrics(t, "metrics").Value("coredns_nsfailover_ns_rtt_seconds_count", at(ns1, host1)...)
		return v
	}
	before := rounds()
	s.WaitMetricThat(t, "metrics", "coredns_nsfailover_ns_rtt_seconds_count", "two more", func(v float64) bool { return v >= before+2 }, at(ns1, host1)...)
	for _, metric := range []string{"dnssec_valid", "rrsig_expiry_timestamp_seconds"} {
		if _, there := s.Metrics(t, "metrics").Value("coredns_nsfailover_"+metric, at(ns1, host1)...); !there {
			t.Errorf("%s is not known any more", metric)
		}
	}
}
