package restart_test

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// short is a Corefile in which a zone may live for two seconds.
const short = `example.org:{{port}} {
	bind 127.0.0.1
	secondaryplus {
		transfer from PRIMARY
		persist {{dir}}
		refresh 1s 1s
		retry 1s 1s
		expire 2s 2s
	}
	prometheus 127.0.0.1:{{port:metrics}}
}
`

// The clock of the lease does not begin anew with the process, whatever became of the zone meanwhile.
func TestDrill21ExpiredThenARestart(t *testing.T) {
	from := primary.Start(t, primary.Config{Zone: zone})
	from.Publish(t, text(1, 3))
	ours := startShort(t, from)
	ask.WaitSerial(t, ours.Addr(), zone, 1)
	waitSaved(t, ours, 1)
	from.OnAll(primary.Refused())
	ask.WaitRcode(t, ours.Addr(), zone, dns.RcodeServerFailure)
	mark := ours.Mark()
	ours.Restart(t)
	if m := ask.Ask(t, ours.Addr(), zone, dns.TypeSOA); m.Rcode != dns.RcodeServerFailure {
		t.Errorf("an expired zone is answered %s after a restart", dns.RcodeToString[m.Rcode])
	}
	ours.WaitLogFrom(t, mark, `1 of 1 zones restored from disk in .*, 1 of them expired`)
	ours.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_state", 1, "state=expired")
	from.OnAll()
	ask.WaitSerial(t, ours.Addr(), zone, 1)
}

// A lease that ran out while nobody was there ended all the same; and the zone is refreshed at once, although
// it was not due for long.
func TestDrill22DownForLongerThanTheLease(t *testing.T) {
	from := primary.Start(t, primary.Config{Zone: zone})
	from.Publish(t, text(1, 3))
	ours := startShort(t, from)
	ask.WaitSerial(t, ours.Addr(), zone, 1)
	waitSaved(t, ours, 1)
	ours.Stop()
	down := primary.Start(t, primary.Config{Zone: zone}) // measures the time that the server is down for
	down.Publish(t, text(1, 3))
	clock := startShort(t, down)
	ask.WaitSerial(t, clock.Addr(), zone, 1)
	down.OnAll(primary.Refused())
	ask.WaitRcode(t, clock.Addr(), zone, dns.RcodeServerFailure)

	from.Publish(t, text(2, 3))
	mark := ours.Mark()
	ours.Restart(t)
	ours.WaitLogFrom(t, mark, `1 of 1 zones restored from disk in .*, 1 of them expired`)
	ask.WaitSerial(t, ours.Addr(), zone, 2)
}

func startShort(t *testing.T, from *primary.Primary) *understudy.Server {
	t.Helper()
	return startWith(t, short, from.Addr())
}
