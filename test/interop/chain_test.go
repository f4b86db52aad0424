package interop_test

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
)

// TestAChainOfSecondaries is knotd, ours, and each peer below ours, told by the
// stock transfer plugin.
func TestAChainOfSecondaries(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, below peer.Kind) {
		peer.Require(t, peer.Knot)
		number := port.Free(t, "127.0.0.1")
		top := plan{
			kind: peer.Knot, zone: peer.Zone{Text: varied(1)},
			block: []string{fmt.Sprintf("transfer %s {\nto 127.0.0.1:%d\n}", zone, number)},
		}.start(t)
		last := peer.Start(t, below, peer.Config{Port: number, Zones: []peer.Zone{{
			Name: zone, Primaries: []peer.Endpoint{{Addr: top.ours.Addr()}},
		}}})
		last.WaitServing(t, zone, 1)
		for serial := uint32(2); serial <= 4; serial++ {
			top.change(t, varied(serial))
			last.WaitServing(t, zone, serial)
		}
		theirs := ask.AXFR(t, top.primary.Addr(), zone, nil)
		wantSame(t, theirs, ask.AXFR(t, top.ours.Addr(), zone, nil))
		wantSame(t, theirs, ask.AXFR(t, last.Addr(), zone, nil))
		m := ask.Ask(t, last.Addr(), "many."+zone, dns.TypeAAAA, ask.TCP())
		if len(m.Answer) != 90 {
			t.Errorf("the last one answers with %d records", len(m.Answer))
		}
	})
}
