package zonemd_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// cuts are delegations, of which only the second is signed, for chains with opt-out.
const cuts = "sub NS ns.sub\nns.sub A 192.0.2.53\nsafe NS ns.sub\n" +
	"safe DS 60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A\nWiTh.CaSe MX 5 Mail.Example.NET.\n"

// knotd makes a digest of the whole zone, and another one after each change.
func Test78WhatKnotDigestsIsServed(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.Knot)
	for _, hash := range []string{"zonemd-sha384", "zonemd-sha512"} {
		for name, signing := range map[string]*peer.Signing{"unsigned": nil, "NSEC": {}, "NSEC3 with opt-out": {NSEC3: true, OptOut: true}} {
			t.Run(hash+", "+name, func(t *testing.T) {
				t.Parallel()
				text := func(serial uint32) string { return "$ORIGIN " + zone + "\n" + calm(serial, 20+int(serial)) + cuts }
				p := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{Name: zone, Text: text(1), Signing: signing, Extra: "zonemd-generate: " + hash}}})
				s := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), "zonemd require")})
				before := p.Serial(t, zone)
				ask.WaitSerial(t, s.Addr(), zone, before)
				wantDigest(t, s, before)
				mark := p.Mark()
				p.SetZone(t, zone, text(2))
				ask.Until(t, "the change is there", func() error {
					if n := p.Serial(t, zone); n == before {
						return fmt.Errorf("serial %d", n)
					}
					return nil
				})
				after := p.Serial(t, zone)
				ask.Notify(t, s.Addr(), zone, after, nil)
				ask.WaitSerial(t, s.Addr(), zone, after)
				wantDigest(t, s, after)
				p.WaitTransfer(t, mark, zone, "IXFR")
				if theirs, ours := ask.AXFR(t, p.Addr(), zone, nil), ask.AXFR(t, s.Addr(), zone, nil); !slices.Equal(theirs, ours) {
					t.Errorf("ours has %d records, its primary %d others", len(ours), len(theirs))
				}
				s.WaitMetric(t, "metrics", "coredns_secondaryplus_refreshes_total", 0, "zone="+zone, "result=failed")
			})
		}
	}
}

// wantDigest looks whether the digest that is served is the one of this serial.
func wantDigest(t *testing.T, s *understudy.Server, serial uint32) {
	t.Helper()
	m := ask.Ask(t, s.Addr(), zone, dns.TypeZONEMD)
	if len(m.Answer) != 1 || m.Answer[0].(*dns.ZONEMD).Serial != serial {
		t.Errorf("the ZONEMD of serial %d is %v", serial, m.Answer)
	}
}

func Test78WhatLDNSDigestsIsServed(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"unsigned":                        nil,
		"NSEC, both hashes":               {"-z", "simple:sha384", "-z", "simple:sha512"},
		"NSEC3 with opt-out and a salt":   {"-n", "-p", "-t", "3", "-s", "aabbccdd", "-z", "simple:sha384"},
		"NSEC3 without opt-out, SHA-512":  {"-n", "-z", "simple:sha512"},
		"the scheme and hash by a number": {"-z", "1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, s := start(t, digested(t, calm(1, 50)+cuts, flags...), "zonemd require")
			s.WaitMetric(t, "metrics", "coredns_secondaryplus_refreshes_total", 0, "zone="+zone, "result=failed")
		})
	}
}
