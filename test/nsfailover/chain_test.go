package nsfailover_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// What arrives signed is left as it is, and that is told.
func TestAPoolInASignedZoneDoesNothing(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.Knot)
	from := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{
		Name: zone, Text: strings.TrimPrefix(zoneText, "$ORIGIN example.org.\n"), Signing: &peer.Signing{},
	}}})
	_, port := backends(t, "127.0.7.1")
	s := understudy.Start(t, understudy.Config{Corefile: corefile("secondaryplus {\ntransfer from "+from.Addr()+"\n}", "primary 127.0.7.1", fmt.Sprintf("check tcp %d", port), quick)})
	ask.WaitRcode(t, s.Addr(), zone, dns.RcodeSuccess)
	wantAddrs(t, s, www, "192.0.2.99")
	if m := ask.Ask(t, s.Addr(), www, dns.TypeA, ask.DO()); len(m.Answer) != 2 {
		t.Errorf("%v", m)
	}
	s.WaitLog(t, `pool www\.example\.org\.: the zone is signed where it comes from`)
	s.WaitMetric(t, "metrics", "coredns_nsfailover_pool_inert", 1, "reason=signed")
}

// What is signed here is signed with the pool's addresses in it.
func TestAPoolIsSignedByDnssec(t *testing.T) {
	t.Parallel()
	peer.RequireProgram(t, "ldns-keygen", "ldnsutils")
	dir := t.TempDir()
	cmd := exec.Command("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, strings.TrimSpace(string(out)))
	path := filepath.Join(dir, "db")
	write(t, path, zoneText)
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := understudy.Start(t, understudy.Config{Corefile: corefile(
		"dnssec {\nkey file "+key+"\n}\nfile "+path, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick)})
	keys := ask.Ask(t, s.Addr(), zone, dns.TypeDNSKEY, ask.DO()).Answer[0].(*dns.DNSKEY)
	wantSigned := func(addr string) {
		t.Helper()
		wantAddrs(t, s, www, addr)
		m := ask.Ask(t, s.Addr(), www, dns.TypeA, ask.DO())
		var set []dns.RR
		var sig *dns.RRSIG
		for _, rr := range m.Answer {
			if x, ok := rr.(*dns.RRSIG); ok {
				sig = x
			} else {
				set = append(set, rr)
			}
		}
		if sig == nil || len(set) != 1 || set[0].(*dns.A).A.String() != addr {
			t.Fatalf("%v", m)
		}
		if err := sig.Verify(keys, set); err != nil {
			t.Errorf("%v: %v", m, err)
		}
	}
	wantSigned("127.0.7.1")
	b[0].fail()
	wantSigned("127.0.7.2")
}

// The cache of the server block keeps no answer of the zone that a pool is in.
func TestACacheKeepsNoAnswerOfAPool(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	write(t, path, zoneText)
	b, port := backends(t, "127.0.7.1", "127.0.7.2")
	s := understudy.Start(t, understudy.Config{Corefile: corefile(
		"cache 3600\nfile "+path, "primary 127.0.7.1", "backup 127.0.7.2", fmt.Sprintf("check http http://www.example.org:%d/", port), quick, "ttl 3600 3600")})
	wantAddrs(t, s, www, "127.0.7.1")
	b[0].fail()
	wantAddrs(t, s, www, "127.0.7.2")
	wantAddrs(t, s, "alias."+zone, "127.0.7.2")
}
