package nsfailover_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

// parentText is the parent, which is also its own resolver in these tests.
func parentText(serial int, delegation ...string) string {
	lines := []string{
		"$ORIGIN org.", "$TTL 300", fmt.Sprintf("@ SOA ns.nic hostmaster %d 3600 600 86400 30", serial), "@ NS ns.nic", "ns.nic A " + parentHost,
	}
	return strings.Join(append(lines, delegation...), "\n") + "\n"
}

var (
	delegates1 = []string{"example NS ns1.example", "ns1.example A " + host1}
	delegates2 = append([]string{"example NS ns2.example", "ns2.example A " + host2}, delegates1...)
)

// delegated is a farm of two equal servers and a parent.
func delegated(t *testing.T, text string, delegation ...string) (*farm, *peer.Server) {
	t.Helper()
	f := newFarm(t, text)
	f.server(t, peer.Knot, host1, zone, text)
	f.server(t, peer.NSD, host2, zone, text)
	return f, f.server(t, peer.Knot, parentHost, "org.", parentText(1, delegation...))
}

// The parent forgets a nameserver, and has another address for one; and then nobody can ask it.
func TestDrill45TheParentDropsANameserver(t *testing.T) {
	t.Parallel()
	f, parent := delegated(t, twoServers(7, host2), delegates2...)
	s := f.start(t, "parent 1s")
	for _, kind := range []string{"ns", "glue", "ds"} {
		wantSeries(t, s, "delegation_mismatch", 0, "zone="+zone, "kind="+kind)
	}
	a := ask.Always(t, s.Addr(), www, 1)
	parent.SetZone(t, "org.", parentText(2, delegates1...))
	s.WaitLog(t, `example\.org\.: delegation: org\. delegates to ns1\.example\.org\., and the zone has ns1\.example\.org\., ns2\.example\.org\.`)
	wantSeries(t, s, "delegation_mismatch", 1, "kind=ns")
	wantSeries(t, s, "delegation_mismatch", 0, "kind=glue")
	f.hook.Want(t, "DelegationMismatch", "firing", `"kind":"ns"`)
	wantNS(t, s, "ns_up", ns2, host2, 1) // the zone still names it
	a.WantAllAnswered(t, 10)

	parent.SetZone(t, "org.", parentText(3, append([]string{"example NS ns2.example", "ns2.example A 127.0.12.9"}, delegates1...)...))
	s.WaitLog(t, `delegation: is over: org\. delegates to`)
	s.WaitLog(t, `delegation: ns2\.example\.org\. has 127\.0\.12\.9 as glue, and 127\.0\.12\.1 in the zone`)
	wantSeries(t, s, "delegation_mismatch", 0, "kind=ns")
	wantSeries(t, s, "delegation_mismatch", 1, "kind=glue")
	f.hook.Want(t, "DelegationMismatch", "resolved", `"kind":"ns"`)

	parent.Stop()
	s.WaitLog(t, `example\.org\.: what its parent says is not known: `)
	wantNone(t, s, "delegation_mismatch", "zone="+zone)
	if f.hook.Find("DelegationMismatch", "resolved", `"kind":"glue"`) != "" {
		t.Error("what cannot be asked counts as in order")
	}
}

// All servers are in one network, or there is one only.
func TestWatchServersThatFailTogether(t *testing.T) {
	t.Parallel()
	const near = "127.0.11.2"
	text := twoServers(7, near)
	f := newFarm(t, text)
	f.server(t, peer.Knot, host1, zone, text)
	f.server(t, peer.Knot, near, zone, text)
	s := f.start(t)
	s.WaitLog(t, `example\.org\.: all nameservers are in one network, that of 127\.0\.11\.1`)
	wantSeries(t, s, "shared_failure_domain", 1, "kind=prefix")
	wantSeries(t, s, "shared_failure_domain", 0, "kind=single")
	f.hook.Want(t, "SharedFailureDomain", `"warning"`, `"kind":"prefix"`)
	f.primary.SetZone(t, zone, "$ORIGIN example.org.\n$TTL 300\n@ SOA ns1 hostmaster 8 1 1 86400 30\n@ NS ns1\nns1 A "+host1+"\n")
	s.WaitLog(t, `example\.org\.: there is one nameserver, ns1\.example\.org\.`)
	wantSeries(t, s, "shared_failure_domain", 1, "kind=single")
	wantSeries(t, s, "ns_count", 1, "zone="+zone)
	wantNone(t, s, "ns_up", at(ns2, near)...)
}

// All servers are in one autonomous system, though in several networks: that is worth a warning, and nobody's sleep.
func TestDrill46AllNameserversAreInOneAutonomousSystem(t *testing.T) {
	t.Parallel()
	text := twoServers(7, host2)
	f := newFarm(t, text)
	f.server(t, peer.Knot, host1, zone, text)
	f.server(t, peer.Knot, host2, zone, text)
	s := f.start(t, "asn_db "+systemsFile(t, 64500))
	s.WaitLog(t, `example\.org\.: all nameservers are in AS64500`)
	wantSeries(t, s, "shared_failure_domain", 1, "kind=asn")
	wantSeries(t, s, "shared_failure_domain", 0, "kind=prefix")
	f.hook.Want(t, "SharedFailureDomain", `"warning"`, `"kind":"asn"`)
	if f.hook.Find(`"critical"`) != "" {
		t.Error("something is critical")
	}
}
