package interop_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// strings255 are n strings of 255 bytes, for a TXT record.
func strings255(n int, fill string) string {
	return strings.Repeat(fmt.Sprintf(" %q", strings.Repeat(fill, 255)), n)
}

func TestATextOf64KBComesAndChanges(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		w := plan{kind: kind, zone: peer.Zone{Text: bigTexts(kind, 1, "x")}}.start(t)
		w.wantEqual(t)
		w.change(t, bigTexts(kind, 2, "y"))
		w.wantEqual(t)
		m := ask.Ask(t, w.ours.Addr(), "set."+zone, dns.TypeTXT, ask.TCP())
		if len(m.Answer) != 16 || m.Truncated {
			t.Errorf("the answer has %d records, TC=%t", len(m.Answer), m.Truncated)
		}
		m = ask.Ask(t, w.ours.Addr(), "big."+zone, dns.TypeTXT, ask.TCP())
		if kind != peer.NSD && (len(m.Answer) != 1 || len(m.Answer[0].(*dns.TXT).Txt) != 254) {
			t.Errorf("the answer is %.200v", m)
		}
	})
}

// bigTexts is a zone with an RRset of 64 KB and a record of 64 KB, which NSD
// cannot send by AXFR.
func bigTexts(kind peer.Kind, serial uint32, fill string) string {
	text := hosts(zone, serial, 200)
	for i := range 16 {
		text += fmt.Sprintf("set TXT \"%d\"%s\n", i, strings255(15, fill))
	}
	if kind != peer.NSD {
		text += "big TXT" + strings255(254, fill) + "\n"
	}
	return text
}

func TestTheRootZone(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		root := func(serial uint32) string {
			text := fmt.Sprintf("$TTL 300\n. SOA a.root. h.root. %d 60 10 600 30\n. NS a.root.\na.root. A 127.0.0.1\n", serial)
			for i := range 300 {
				text += fmt.Sprintf("t%d. NS ns.nic.t%d.\nns.nic.t%d. A 192.0.2.%d\n", i, i, i, i%200+int(serial))
			}
			return text
		}
		w := plan{kind: kind, zone: peer.Zone{Name: ".", Text: root(1)}}.start(t)
		w.wantEqual(t)
		before := w.now(t)
		w.change(t, root(2))
		w.wantEqual(t)
		if now := w.now(t); now.axfr+now.ixfr != before.axfr+before.ixfr+1 {
			t.Errorf("transfers: before %+v, now %+v", before, now)
		}
		m := ask.Ask(t, w.ours.Addr(), "www.t7.", dns.TypeA)
		if len(m.Ns) != 1 || m.Authoritative || len(m.Extra) != 1 {
			t.Errorf("the referral is %v", m)
		}
	})
}

func TestReverseZones(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		for _, name := range []string{"2.0.192.in-addr.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa."} {
			text := func(serial uint32) string {
				s := fmt.Sprintf("$ORIGIN %s\n$TTL 300\n@ SOA ns.example.org. h.example.org. %d 60 10 600 30\n@ NS ns.example.org.\n", name, serial)
				for i := range 50 {
					s += fmt.Sprintf("%d PTR h%d-%d.example.org.\n", i, i, max(serial, 2)*uint32(i/49))
				}
				return s + "64/27 NS ns.example.net.\n65 CNAME 65.64/27\n"
			}
			w := plan{kind: kind, zone: peer.Zone{Name: name, Text: text(1), Extra: checkNamesOff(kind)}}.start(t)
			before := w.now(t)
			w.change(t, text(3))
			w.wantOnlyIXFR(t, before)
			w.wantEqual(t)
		}
	})
}

// checkNamesOff lets named load what RFC 2317 wants.
func checkNamesOff(kind peer.Kind) string {
	if kind == peer.Named {
		return "check-names ignore;"
	}
	return ""
}

func TestACIDRNetworkIsAServerBlocksKey(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.Knot)
	name := "2.0.192.in-addr.arpa."
	text := fmt.Sprintf("$ORIGIN %s\n@ 300 SOA ns.example.org. h.example.org. 7 60 10 600 30\n@ 300 NS ns.example.org.\n9 300 PTR nine.example.org.\n", name)
	p := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{Name: name, Text: text}}})
	s := understudy.Start(t, understudy.Config{
		Corefile: "192.0.2.0/24:{{port}} {\nbind 127.0.0.1\n" + stanzaOf("", []string{"transfer from " + p.Addr()}) + "\n}\n",
	})
	ask.WaitSerial(t, s.Addr(), name, 7)
	if !hasType(ask.Ask(t, s.Addr(), "9."+name, dns.TypePTR).Answer, dns.TypePTR) {
		t.Error("no PTR record")
	}
}

func hasType(rrs []dns.RR, rtype uint16) bool {
	return slices.ContainsFunc(rrs, func(rr dns.RR) bool { return rr.Header().Rrtype == rtype })
}
