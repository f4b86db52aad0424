package stale_test

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
)

// A secondary below ours asks us for the SOA. What we answer as stale does not renew its lease.
func TestASecondaryBelowAStaleZoneExpires(t *testing.T) {
	t.Parallel()
	for kind, zoneExtra := range map[peer.Kind]string{
		peer.Knot:  "refresh-min-interval: 2\nretry-min-interval: 1\nexpire-min-interval: 3",
		peer.Named: "min-refresh-time 1;\nmin-retry-time 1;",
		peer.NSD:   "min-refresh-time: 1\nmin-retry-time: 1\nmin-expire-time: 3",
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			peer.Require(t, kind)
			p, s := start(t, hurried(1), "stale forever")
			below := peer.Start(t, kind, peer.Config{Zones: []peer.Zone{{
				Name: zone, Primaries: []peer.Endpoint{{Addr: s.Addr()}}, Extra: zoneExtra,
			}}})
			below.WaitServing(t, zone, 1)
			p.OnAll(primary.Silent())
			waitKind(t, s, "NOERROR 3")
			ask.WaitRcode(t, below.Addr(), zone, dns.RcodeServerFailure)
			waitKind(t, s, "NOERROR 3")
		})
	}
}
