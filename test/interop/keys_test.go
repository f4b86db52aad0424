package interop_test

import (
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// TestEachPrimaryHasAKeyOfItsOwn: the second one signs with the key of the first, which is of no use to it.
func TestEachPrimaryHasAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	one, two := newKey("one.", "hmac-sha256"), newKey("two.", "hmac-sha512")
	first := primary.Start(t, primary.Config{Zone: zone, Key: one, RequireTSIG: true})
	second := primary.Start(t, primary.Config{Zone: zone, Key: two, RequireTSIG: true})
	first.Publish(t, hosts(zone, 1, 5))
	second.Publish(t, hosts(zone, 1, 5))
	s := understudy.Start(t, understudy.Config{Corefile: blockOf(zone, append(tsigLines([]*peer.Key{one, two}), stanzaOf("", []string{
		"transfer from " + first.Addr() + " key one.", "transfer from " + second.Addr() + " key two. hmac-sha512",
	})))})
	ask.WaitSerial(t, s.Addr(), zone, 1)
	for p, key := range map[*primary.Primary]string{first: "one.", second: "two."} {
		for _, q := range p.Queries() {
			if q.Key != key || q.TSIG != 0 {
				t.Errorf("a query that should bear the key %s: %s, TSIG error %d", key, q, q.TSIG)
			}
		}
	}
	wrong := primary.Custom("signed with the other key", func(r *primary.Reply) {
		if r.Signing != nil {
			signing := *r.Signing
			signing.Key = *one
			r.Signing = &signing
		}
	})
	second.OnAll(wrong)
	second.Publish(t, hosts(zone, 2, 6))
	second.NotifyTo(t, s.Addr(), nil)
	s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_tsig_failures_total", "at least 1", func(v float64) bool { return v >= 1 })
	if n, err := ask.Serial(s.Addr(), zone); err != nil || n != 1 {
		t.Errorf("serial %d is served, %v", n, err)
	}
	second.OnAll()
	first.Publish(t, hosts(zone, 2, 6))
	first.NotifyTo(t, s.Addr(), nil)
	ask.WaitSerial(t, s.Addr(), zone, 2)
}
