package defects_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// each way in which a version may come: the line of the stanza for it.
var ways = map[primary.Kind]string{primary.AXFR: "ixfr off", primary.IXFR: "ixfr on"}

func TestD18DuplicatesAreServedOnce(t *testing.T) {
	t.Parallel()
	for way, line := range ways {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			p := primary.Start(t, primary.Config{Zone: zone})
			p.On(primary.AXFR, primary.Duplicates())
			p.On(primary.IXFR, primary.Duplicates())
			p.Publish(t, calm(1, 20))
			s := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), line)})
			ask.WaitSerial(t, s.Addr(), zone, 1)
			p.Publish(t, calm(2, 30))
			notify(t, p, s)
			ask.WaitSerial(t, s.Addr(), zone, 2)
			p.WaitQuery(t, way, 1)
			wantServing(t, s, 2, "h29")
			lines := ask.AXFR(t, s.Addr(), zone, nil)
			if n := len(slices.Compact(slices.Clone(lines))); n != 33 || len(lines) != n {
				t.Errorf("%d records, of which %d are different; want 33", len(lines), n)
			}
		})
	}
}

func TestD18ACNAMEBesideOtherDataIsRefused(t *testing.T) {
	t.Parallel()
	for way, line := range ways {
		for name, c := range map[string]struct{ more, reason string }{
			"an A beside it":       {"h1 CNAME h2\n", "has A beside a CNAME at h1"},
			"a second CNAME":       {"two CNAME h1\ntwo CNAME h2\n", "has 2 CNAMEs at two"},
			"in place of the apex": {"@ CNAME h1\n", "beside a CNAME at"},
		} {
			t.Run(fmt.Sprintf("%s, by %s", name, way), func(t *testing.T) {
				t.Parallel()
				p, s := start(t, calm(1, 50), line, "retry 1s 1s")
				p.Publish(t, calm(2, 80)+c.more)
				notify(t, p, s)
				s.WaitLog(t, `refresh failed.*rejected: serial 2 .*`+c.reason)
				s.WaitMetricThat(t, "metrics", "coredns_secondaryplus_refreshes_total", "≥ 1", func(v float64) bool { return v >= 1 }, "zone="+zone, "result=failed")
				p.WaitQuery(t, way, 1)
				wantServing(t, s, 1, "h49")
				if m := ask.Ask(t, s.Addr(), "h79."+zone, dns.TypeA); m.Rcode != dns.RcodeNameError {
					t.Errorf("h79 is answered %v", m)
				}
				p.Publish(t, calm(3, 60))
				notify(t, p, s)
				ask.WaitSerial(t, s.Addr(), zone, 3)
				wantServing(t, s, 3, "h59")
			})
		}
	}
}
