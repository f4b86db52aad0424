package stale_test

import (
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/inbox"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// Whoever is to be told is told of what is wrong already, and of its end when the zone goes away.
func TestAStaleZoneIsReportedToWhoComesLater(t *testing.T) {
	t.Parallel()
	before, in := inbox.Start(t), inbox.Start(t)
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hurried(1))
	reported := func(text string, urls ...string) string {
		return strings.Replace(text, "}\nprometheus", "}\nnsfailover report {\nwebhook "+strings.Join(urls, "\nwebhook ")+"\n}\nprometheus", 1)
	}
	text := corefile(p.Addr(), "stale forever")
	s := understudy.Start(t, understudy.Config{Corefile: reported(text, before.URL)})
	waitServing(t, s)
	p.On(primary.SOA, primary.Refused())
	waitKind(t, s, "NOERROR 3")
	before.Want(t, `"alert":"ZoneStale"`, `"state":"firing"`)
	s.Reload(t, reported(text, before.URL, in.URL))
	in.Want(t, `"alert":"ZoneStale"`, `"severity":"critical"`, `"state":"firing"`, `"zone":"`+zone+`"`, "its data are answered as stale until a primary is back")
	s.Reload(t, reported(strings.Replace(text, "secondaryplus {", "secondaryplus other."+zone+" {", 1), in.URL))
	in.Want(t, `"alert":"ZoneStale"`, `"state":"resolved"`, `"zone":"`+zone+`"`)
	in.Want(t, `"alert":"TransferFailing"`, `"state":"resolved"`, `"zone":"`+zone+`"`)
}
