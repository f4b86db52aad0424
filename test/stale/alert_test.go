package stale_test

import (
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/inbox"
	"github.com/understudy-dns/understudy/test/primary"
)

// Whoever is to be told is told of what is wrong already, and of its end when the zone goes away.
func TestAStaleZoneIsReportedToWhoComesLater(t *testing.T) {
	t.Parallel()
	in := inbox.Start(t)
	p, s := start(t, hurried(1), "stale forever")
	p.On(primary.SOA, primary.Refused())
	waitKind(t, s, "NOERROR 3")
	report := "}\nnsfailover report {\nwebhook " + in.URL + "\n}\nprometheus"
	s.Reload(t, strings.Replace(corefile(p.Addr(), "stale forever"), "}\nprometheus", report, 1))
	in.Want(t, `"alert":"ZoneStale"`, `"severity":"critical"`, `"state":"firing"`, `"zone":"`+zone+`"`, "its data are answered as stale until a primary is back")
	other := strings.Replace(corefile(p.Addr(), "stale forever"), "secondaryplus {", "secondaryplus other."+zone+" {", 1)
	s.Reload(t, strings.Replace(other, "}\nprometheus", report, 1))
	in.Want(t, `"alert":"ZoneStale"`, `"state":"resolved"`, `"zone":"`+zone+`"`)
	in.Want(t, `"alert":"TransferFailing"`, `"state":"resolved"`, `"zone":"`+zone+`"`)
}
