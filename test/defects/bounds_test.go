package defects_test

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

func TestD20ATransferIsBoundedInEveryRespect(t *testing.T) {
	t.Parallel()
	hangs := []primary.Fault{primary.RecordsPerMessage(10), primary.HangAfter(2)}
	for name, c := range map[string]struct {
		limit  string
		faults []primary.Fault
		reason string
	}{
		"records":                {"limit records 60", nil, "limit exceeded: records"},
		"octets":                 {"limit size 300kB", []primary.Fault{primary.Endless()}, "limit exceeded: size"},
		"time without an octet":  {"limit idle 1s", hangs, "timeout"},
		"the whole time":         {"limit time 1s", []primary.Fault{primary.Slow(200)}, "limit exceeded: total time"},
		"records without an end": {"limit records 1000", []primary.Fault{primary.Endless()}, "limit exceeded: records"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := start(t, calm(1, 5), "ixfr off", "retry 1s 1s", c.limit)
			p.On(primary.AXFR, c.faults...)
			p.Publish(t, calm(2, 80))
			notify(t, p, s)
			s.WaitLog(t, `refresh failed.*AXFR of example\.org\. from .*`+c.reason)
			wantServing(t, s, 1, "h4")
			p.On(primary.AXFR)
			p.Publish(t, calm(3, 6))
			notify(t, p, s)
			ask.WaitSerial(t, s.Addr(), zone, 3)
		})
	}
}

// Nothing can be transferred while the reloads happen. With real primaries, this is in package interop.
func TestD22AReloadEmptiesNoZone(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50))
	p.OnAll(primary.Silent())
	a := ask.Always(t, s.Addr(), "h49."+zone, dns.TypeA)
	const reloads = 5
	for range reloads {
		s.Reload(t, "")
	}
	a.WantAllAnswered(t, reloads)
	wantServing(t, s, 1, "h49")
	p.OnAll()
	p.Publish(t, calm(2, 60))
	notify(t, p, s)
	ask.WaitSerial(t, s.Addr(), zone, 2)
	if n := p.Count(primary.AXFR); n != 1 {
		t.Errorf("the zone was transferred as a whole %d times", n)
	}
}
