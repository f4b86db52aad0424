package nsfailover_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// short is a zone that expires within seconds; the clamps of withPeer let it.
func short(serial uint32, hosts int) string { return primary.Text(serial, hosts, 1, 1, 3) }

// withPeer is ours, with a primary and a peer.
func withPeer(from, peerAddr, when string, more ...string) string {
	lines := []string{
		zone + ":{{port}} {", "bind 127.0.0.1", "errors", "prometheus 127.0.0.1:{{port:metrics}}", "nsfailover peers " + peerAddr + " {", when, "}",
		"secondaryplus {", "transfer from " + from, "refresh 1s 1s", "retry 1s 1s", "expire 3s 1h",
	}
	lines = append(lines, more...)
	return strings.Join(append(lines, "}", "}", ""), "\n")
}

// nobody is an address that nobody listens at.
const nobody = "127.0.0.1:1"

func knot(t *testing.T, text string) *peer.Server {
	t.Helper()
	peer.Require(t, peer.Knot)
	return peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{Name: zone, Text: text}}})
}

// A zone that was never loaded is answered by a peer, as the peer answers it.
func TestAPeerAnswersForAZoneThatWasNeverLoaded(t *testing.T) {
	t.Parallel()
	other := knot(t, short(7, 20)+"big TXT "+strings.Repeat("\""+strings.Repeat("x", 250)+"\" ", 20)+"\n")
	s := understudy.Start(t, understudy.Config{Corefile: withPeer(nobody, other.Addr(), "when unloaded")})
	if m := ask.Ask(t, s.Addr(), "h3."+zone, dns.TypeA); len(m.Answer) != 1 || !m.Authoritative || m.RecursionAvailable {
		t.Errorf("%v", m)
	}
	if m := ask.Ask(t, s.Addr(), "none."+zone, dns.TypeA); m.Rcode != dns.RcodeNameError || len(m.Ns) != 1 {
		t.Errorf("%v", m)
	}
	if m := ask.Ask(t, s.Addr(), "big."+zone, dns.TypeTXT, ask.TCP()); len(m.Answer) != 1 || len(m.Answer[0].(*dns.TXT).Txt) != 20 {
		t.Errorf("what does not fit into a datagram: %v", m)
	}
	if m := ask.Ask(t, s.Addr(), "big."+zone, dns.TypeTXT); !m.Truncated {
		t.Errorf("it is not truncated for us: %v", m)
	}
	if _, err := ask.FetchAXFR(s.Addr(), zone, nil); err == nil {
		t.Error("a transfer was passed on")
	}
	s.WaitMetric(t, "metrics", "coredns_nsfailover_peer_queries_total", 3, "zone="+zone, "peer="+other.Addr(), "rcode=NOERROR")
	s.WaitMetric(t, "metrics", "coredns_nsfailover_peer_queries_total", 1, "rcode=NXDOMAIN")
}

// Signatures come along when they are asked for.
func TestAPeerOfASignedZone(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.Knot)
	other := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{Name: zone, Text: short(7, 5), Signing: &peer.Signing{}}}})
	s := understudy.Start(t, understudy.Config{Corefile: withPeer(nobody, other.Addr(), "when unloaded")})
	if m := ask.Ask(t, s.Addr(), "h3."+zone, dns.TypeA, ask.DO()); len(m.Answer) != 2 || m.IsEdns0() == nil || !m.IsEdns0().Do() {
		t.Errorf("%v", m)
	}
	if m := ask.Ask(t, s.Addr(), "h3."+zone, dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("%v", m)
	}
}

// A zone that has expired is answered by a peer, before stale data are, and by ourselves again once there is a primary.
func TestAPeerAnswersForAZoneThatHasExpired(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, short(7, 5))
	other := knot(t, short(8, 20))
	s := understudy.Start(t, understudy.Config{Corefile: withPeer(p.Addr(), other.Addr(), "when expired", "stale 1h")})
	ask.WaitSerial(t, s.Addr(), zone, 7)
	p.OnAll(primary.Silent())
	ask.WaitSerial(t, s.Addr(), zone, 8)
	if m := ask.Ask(t, s.Addr(), "h19."+zone, dns.TypeA); len(m.Answer) != 1 {
		t.Errorf("%v", m)
	}
	other.Kill()
	wantAddrs(t, s, "h19."+zone, "NXDOMAIN") // stale data are better than none
	wantAddrs(t, s, "h4."+zone, "192.0.2.5")
	p.OnAll()
	p.Publish(t, short(9, 5))
	ask.WaitSerial(t, s.Addr(), zone, 9)
}

func TestDrill44APeerWithAnOlderSerialIsRefused(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, short(7, 5))
	other := knot(t, short(6, 20))
	s := understudy.Start(t, understudy.Config{Corefile: withPeer(p.Addr(), other.Addr(), "when expired")})
	ask.WaitSerial(t, s.Addr(), zone, 7)
	p.OnAll(primary.Silent())
	ask.WaitRcode(t, s.Addr(), zone, dns.RcodeServerFailure)
	for _, name := range []string{"h3.", "none."} {
		if m := ask.Ask(t, s.Addr(), name+zone, dns.TypeA); m.Rcode != dns.RcodeServerFailure {
			t.Errorf("%v", m)
		}
	}
	s.WaitMetricThat(t, "metrics", "coredns_nsfailover_peer_queries_total", "≥ 2", func(v float64) bool { return v >= 2 }, "rcode=refused")
	other.SetZone(t, zone, short(7, 20))
	other.WaitServing(t, zone, 7)
	ask.WaitSerial(t, s.Addr(), zone, 7)
}

// Two that point at each other and have nothing: each is asked once, and the answer is SERVFAIL.
func TestDrill43TwoPeersOfEachOtherAskOnce(t *testing.T) {
	t.Parallel()
	a := understudy.Start(t, understudy.Config{Corefile: withPeer(nobody, "127.0.0.1:2", "when unloaded")})
	c := understudy.Start(t, understudy.Config{Corefile: withPeer(nobody, a.Addr(), "when unloaded")})
	a.Reload(t, withPeer(nobody, c.Addr(), "when unloaded"))
	if m := ask.Ask(t, a.Addr(), "h3."+zone, dns.TypeA); m.Rcode != dns.RcodeServerFailure {
		t.Errorf("%v", m)
	}
	c.WaitMetric(t, "metrics", "coredns_nsfailover_peer_loops_total", 1)
	if v, _ := a.Metrics(t, "metrics").Value("coredns_nsfailover_peer_loops_total"); v != 0 {
		t.Errorf("the question came back %v times", v)
	}
}

// Whatever the plugins below answer SERVFAIL to is asked of a peer, if that is wanted.
func TestAPeerAnswersInPlaceOfSERVFAIL(t *testing.T) {
	t.Parallel()
	other := knot(t, short(7, 20))
	s := understudy.Start(t, understudy.Config{Corefile: withPeer(nobody, other.Addr(), "when servfail")})
	if m := ask.Ask(t, s.Addr(), "h3."+zone, dns.TypeA); len(m.Answer) != 1 || !m.Authoritative {
		t.Errorf("%v", m)
	}
}

func TestPeersThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nsfailover peers\nsecondaryplus {\ntransfer from 127.0.0.1\n}":                                       "Wrong argument count",
		"nsfailover peers 127.0.0.1 127.0.0.1\nsecondaryplus {\ntransfer from 127.0.0.1\n}":                   "is given twice",
		"nsfailover peers 127.0.0.1 {\nwhen tired\n}\nsecondaryplus {\ntransfer from 127.0.0.1\n}":            "when is some of",
		"nsfailover peers 127.0.0.1\nnsfailover peers 127.0.0.2\nsecondaryplus {\ntransfer from 127.0.0.1\n}": "peers are given twice",
		"nsfailover peers 127.0.0.1\nwhoami":                                                                  "peers need secondaryplus",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			_, err := understudy.TryStart(t, understudy.Config{Corefile: fmt.Sprintf("%s:{{port}} {\n%s\n}\n", zone, text)})
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Corefile:") {
				t.Errorf("%v", err)
			}
		})
	}
}
