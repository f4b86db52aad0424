package primary_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
)

// TestRealSecondariesTakeWhatIsAllowed shows that the oddities which the RFCs
// allow are understood by others, so that they are not faults of ours.
func TestRealSecondariesTakeWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for _, faults := range []string{
		"",
		"one_by_one no_question_later compression=none",
		"per_message=3 compression=chains",
		"compression=owners duplicates reversed",
		"per_message=7 sign_first_last",
		"lone_soa_first soa_ends_message/tcp",
		"rst_after_end",
		"unknown_type upper_case",
	} {
		for _, kind := range peer.Kinds() {
			t.Run(string(kind)+" "+faults, func(t *testing.T) {
				t.Parallel()
				if kind == peer.Named && strings.Contains(faults, "sign_") {
					t.Skip("BIND 9.18.49 was seen to refuse these streams, which Knot and NSD take")
				}
				secondaryTakes(t, kind, strings.Fields(faults))
			})
		}
	}
}

// secondaryTakes transfers a zone by AXFR, and its next version by IXFR.
func secondaryTakes(t *testing.T, kind peer.Kind, faults []string) {
	t.Helper()
	key := ask.NewKey("k")
	p := primary.Start(t, primary.Config{Zone: zone, Key: &key, RequireTSIG: true})
	p.Publish(t, content(1, 10))
	p.OnNames(t, primary.AXFR, faults...)
	s := peer.Start(t, kind, peer.Config{Keys: []peer.Key{key}, Zones: []peer.Zone{{
		Name: zone, Primaries: []peer.Endpoint{{Addr: p.Addr(), Key: "k"}},
	}}})
	s.WaitServing(t, zone, 1)
	p.Publish(t, content(2, 11))
	if !slices.Contains(faults, "duplicates") && !slices.Contains(faults, "unknown_type") {
		p.OnNames(t, primary.IXFR, faults...)
	}
	p.NotifyTo(t, s.Addr(), &key)
	s.WaitServing(t, zone, 2)
	want, got := ask.AXFR(t, p.Addr(), zone, &key), ask.AXFR(t, s.Addr(), zone, nil)
	if len(got) < 26 || (len(faults) == 0 && !slices.Equal(want, got)) {
		t.Errorf("%d records, not %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
}
