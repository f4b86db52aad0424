package interop_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/understudy"
)

// TestZonesInSeveralBlocksAndStanzas has two blocks on one port, one of them
// with two stanzas, zones from keys and from arguments, a child zone in another
// block than its parent, and one primary for each stanza.
func TestZonesInSeveralBlocksAndStanzas(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.Kinds()...)
	at := map[peer.Kind]int{}
	for _, kind := range peer.Kinds() {
		at[kind] = port.Free(t, "127.0.0.1")
	}
	from := func(kind peer.Kind) []string { return []string{"transfer from " + address("127.0.0.1", at[kind])} }
	leave := "transfer {\nto *\n}"
	s := understudy.New(t, understudy.Config{Corefile: blockOf("example.org example.net", []string{
		leave,
		stanzaOf("example.org", from(peer.Knot)),
		stanzaOf("example.net sub.example.net", from(peer.Named)),
	}) + blockOf("child.example.org example.com", []string{leave, stanzaOf("", from(peer.NSD))})})

	zones := map[peer.Kind][]string{
		peer.Knot:  {"example.org."},
		peer.Named: {"example.net.", "sub.example.net."},
		peer.NSD:   {"child.example.org.", "example.com."},
	}
	servers := map[peer.Kind]*peer.Server{}
	for kind, names := range zones {
		c := peer.Config{Port: at[kind]}
		for _, name := range names {
			c.Zones = append(c.Zones, peer.Zone{Name: name, Text: hosts(name, 1, 10), Notify: []peer.Endpoint{{Addr: s.Addr()}}})
		}
		servers[kind] = peer.Start(t, kind, c)
	}
	s.Restart(t)
	for serial := uint32(1); serial <= 2; serial++ {
		for kind, names := range zones {
			for _, name := range names {
				if serial > 1 {
					servers[kind].SetZone(t, name, hosts(name, serial, 12))
					servers[kind].WaitServing(t, name, serial)
				}
				ask.WaitSerial(t, s.Addr(), name, serial)
				wantSame(t, ask.AXFR(t, servers[kind].Addr(), name, nil), ask.AXFR(t, s.Addr(), name, nil))
			}
		}
	}
	wantChildAtItsOwnBlock(t, s)
}

// wantChildAtItsOwnBlock asks for what belongs to the child zone, and for a
// name of no zone at all.
func wantChildAtItsOwnBlock(t *testing.T, s *understudy.Server) {
	t.Helper()
	m := ask.Ask(t, s.Addr(), "nothing.child.example.org.", dns.TypeA)
	if m.Rcode != dns.RcodeNameError || len(m.Ns) != 1 || !strings.EqualFold(m.Ns[0].Header().Name, "child.example.org.") {
		t.Errorf("a name below the child zone is answered %v", m)
	}
	m = ask.Ask(t, s.Addr(), "nothing.sub.example.net.", dns.TypeA)
	if m.Rcode != dns.RcodeNameError || len(m.Ns) != 1 || !strings.EqualFold(m.Ns[0].Header().Name, "sub.example.net.") {
		t.Errorf("a name below the zone of the same stanza is answered %v", m)
	}
	if m = ask.Ask(t, s.Addr(), "example.edu.", dns.TypeA); m.Rcode != dns.RcodeRefused {
		t.Errorf("a name of no zone is answered %s", dns.RcodeToString[m.Rcode])
	}
}
