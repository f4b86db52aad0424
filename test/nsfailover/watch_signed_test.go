package nsfailover_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/peer"
)

// A signer signs zone files with one key.
type signer struct{ dir, key string }

func newSigner(t *testing.T) *signer {
	t.Helper()
	peer.RequireProgram(t, "ldns-signzone", "ldnsutils")
	s := &signer{dir: t.TempDir()}
	s.key = strings.TrimSpace(s.run(t, "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone))
	return s
}

func (s *signer) run(t *testing.T, argv ...string) string {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = s.dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", argv, err)
	}
	return string(out)
}

// sign signs a zone file for sixty days, until a moment.
func (s *signer) sign(t *testing.T, text string, until time.Time) string {
	t.Helper()
	const form = "20060102150405"
	signed := filepath.Join(s.dir, "signed")
	write(t, filepath.Join(s.dir, "plain"), text)
	begin := until.Add(-60 * 24 * time.Hour)
	s.run(t, "ldns-signzone", "-o", zone, "-i", begin.UTC().Format(form), "-e", until.UTC().Format(form), "-f", signed, "plain", s.key)
	out, err := os.ReadFile(signed)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// delegation is the DS record of the key, as a line of the parent's zone file.
func (s *signer) delegation(t *testing.T) string {
	t.Helper()
	out, err := os.ReadFile(filepath.Join(s.dir, s.key+".key"))
	if err != nil {
		t.Fatal(err)
	}
	rr, err := dns.NewRR(string(out))
	if err != nil {
		t.Fatal(err)
	}
	return rr.(*dns.DNSKEY).ToDS(dns.SHA256).String()
}

func in(hours int) time.Time {
	return time.Now().Add(time.Duration(hours) * time.Hour).Truncate(time.Second)
}

const month = 30 * 24 // hours

// The parent's DS record names a key that the zone does not have, as after a change of keys that was not told.
func TestWatchADSWithoutItsDNSKEY(t *testing.T) {
	t.Parallel()
	k, other := newSigner(t), newSigner(t)
	until := in(month)
	f, parent := delegated(t, k.sign(t, twoServers(7, host2), until), append([]string{k.delegation(t)}, delegates2...)...)
	s := f.start(t, "parent 1s", "dnssec 1s")
	wantSeries(t, s, "delegation_mismatch", 0, "kind=ds")
	for ns, host := range map[string]string{ns1: host1, ns2: host2} {
		wantNS(t, s, "dnssec_valid", ns, host, 1)
		wantNS(t, s, "rrsig_expiry_timestamp_seconds", ns, host, float64(until.Unix()))
	}
	if f.hook.Find("RRSIGExpiring") != "" {
		t.Error("a month is too short")
	}
	parent.SetZone(t, "org.", parentText(2, append([]string{other.delegation(t)}, delegates2...)...))
	s.WaitLog(t, `delegation: the DS RRset in org\. matches no DNSKEY at ns1\.example\.org\. \(127\.0\.11\.1:\d+\), ns2\.`)
	wantSeries(t, s, "delegation_mismatch", 1, "kind=ds")
	wantSeries(t, s, "delegation_mismatch", 0, "kind=ns")
	wantNS(t, s, "dnssec_valid", ns1, host1, 0)
	f.hook.Want(t, "DelegationMismatch", `"critical"`, `"kind":"ds"`)
	parent.SetZone(t, "org.", parentText(3, append([]string{k.delegation(t)}, delegates2...)...))
	wantSeries(t, s, "delegation_mismatch", 0, "kind=ds")
	wantNS(t, s, "dnssec_valid", ns1, host1, 1)
}

// Somebody's signer has stopped: with three days left that is worth a warning, with one it is critical.
func TestWatchSignaturesThatExpireSoon(t *testing.T) {
	t.Parallel()
	k := newSigner(t)
	soon, sooner := in(60), in(20)
	f := newFarm(t, k.sign(t, twoServers(7, host2), in(month)))
	f.server(t, peer.Knot, host1, zone, k.sign(t, twoServers(7, host2), in(80)))
	second := f.server(t, peer.NSD, host2, zone, k.sign(t, twoServers(7, host2), soon))
	s := f.start(t, "dnssec 1s")
	s.WaitLog(t, `nameserver ns2\..*: has signatures that expire at `+soon.UTC().Format(time.RFC3339))
	wantNS(t, s, "rrsig_expiry_timestamp_seconds", ns2, host2, float64(soon.Unix()))
	wantNS(t, s, "dnssec_valid", ns2, host2, 1)
	wantNS(t, s, "ns_drift", ns2, host2, 0) // signatures are no difference
	f.hook.Want(t, "RRSIGExpiring", `"warning"`, ns2)
	if post := f.hook.Find("RRSIGExpiring", ns1); post != "" {
		t.Errorf("more than three days are too short: %s", post)
	}
	second.SetZone(t, zone, k.sign(t, twoServers(7, host2), sooner))
	s.WaitLog(t, `nameserver ns2\..*: has signatures that expire at `+sooner.UTC().Format(time.RFC3339))
	f.hook.Want(t, "RRSIGExpiring", `"critical"`, ns2)
	second.SetZone(t, zone, k.sign(t, twoServers(7, host2), in(-1)))
	s.WaitLog(t, `nameserver ns2\..*: has signatures that expired at `)
	s.WaitLog(t, `nameserver ns2\..*: does not validate: the \w+ RRset: the RRSIG has expired`)
	wantNS(t, s, "dnssec_valid", ns2, host2, 0)
	second.SetZone(t, zone, k.sign(t, twoServers(7, host2), in(month)))
	s.WaitLog(t, `nameserver ns2\..*: is over: has signatures`)
	wantNS(t, s, "dnssec_valid", ns2, host2, 1)
	f.hook.Want(t, "RRSIGExpiring", "resolved", ns2)
}

// What is looked at more seldom than the rest is known in between.
func TestWatchSignaturesStayKnownBetweenTwoLooks(t *testing.T) {
	t.Parallel()
	text := newSigner(t).sign(t, twoServers(7, host2), in(month))
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
