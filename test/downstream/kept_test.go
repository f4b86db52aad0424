package downstream_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// 35: a zone gives what stands at its side of a cut: the DS RRset, the NSEC record, and the RRSIGs over both.
func Test35TheParentsSideOfACutIsGiven(t *testing.T) {
	t.Parallel()
	peer.Require(t, peer.Knot)
	text := hosts(1) + "sub NS ns.sub\nns.sub A 192.0.2.53\nsub DS 60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A\n"
	p := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{Name: zone, Text: text, Signing: &peer.Signing{}}}})
	ours := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), nil, "transfer to *")})
	ask.WaitSerial(t, ours.Addr(), zone, p.Serial(t, zone))
	theirs, got := ask.AXFR(t, p.Addr(), zone, nil), ask.AXFR(t, ours.Addr(), zone, nil)
	if !slices.Equal(theirs, got) {
		t.Errorf("ours gives %d records, its primary %d others", len(got), len(theirs))
	}
	for _, want := range []string{"DS 60485 ", "NSEC ", "RRSIG DS ", "RRSIG NSEC ", "NS "} {
		if !slices.ContainsFunc(got, func(line string) bool {
			return strings.HasPrefix(line, "sub."+zone) && strings.Contains(line, " IN "+want)
		}) {
			t.Errorf("there is no %sat the cut", want)
		}
	}
}

// 36: the zone and its differences outlive the process, also while nobody is there to give them again.
func Test36WhatIsGivenCanBeGivenAfterARestart(t *testing.T) {
	t.Parallel()
	s := start(t, hosts(1), nil, "transfer to *", "persist {{dir}}")
	s.publish(t, 2, 3, hosts)
	s.ours.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_saved_serial", 3)
	whole, changes := ask.AXFR(t, s.ours.Addr(), zone, nil), ask.Lines(ask.IXFR(t, s.ours.Addr(), zone, 1, nil))
	s.primary.OnAll(primary.Silent())
	s.ours.Restart(t)
	if got := ask.AXFR(t, s.ours.Addr(), zone, nil); len(got) < 300 || !slices.Equal(got, whole) {
		t.Errorf("%d records, before the restart %d others", len(got), len(whole))
	}
	if got := ask.Lines(ask.IXFR(t, s.ours.Addr(), zone, 1, nil)); len(got) > 20 || !slices.Equal(got, changes) {
		t.Errorf("an IXFR of %d records, before the restart %d others", len(got), len(changes))
	}
}

// 34: who is not named gets nothing, and that is everybody to begin with.
func Test34NobodyGetsAZoneUnlessToldSo(t *testing.T) {
	t.Parallel()
	s := start(t, hosts(1), nil)
	for _, qtype := range []uint16{dns.TypeAXFR, dns.TypeIXFR} {
		m := ask.Ask(t, s.ours.Addr(), zone, qtype, ask.TCP(), have(0))
		if m.Rcode != dns.RcodeRefused || len(m.Answer) > 0 {
			t.Errorf("%s is answered %v", dns.TypeToString[qtype], m)
		}
	}
}
