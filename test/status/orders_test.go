package status_test

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// address is what the zone's first host has.
func address(t *testing.T, s *understudy.Server) string {
	t.Helper()
	m := ask.Ask(t, s.Addr(), "host0."+zone, dns.TypeA)
	if len(m.Answer) != 1 {
		t.Fatalf("%v", m)
	}
	return m.Answer[0].(*dns.A).A.String()
}

func TestRefreshTakesWhatIsNewer(t *testing.T) {
	t.Parallel()
	p, s := started(t)
	done := send(t, s, "POST", "/v1/zones/example.org/refresh?wait=true", 200)
	if done["result"] != "current" || done["serial"] != 1. || done["action"] != "refresh" || done["zone"] != zone {
		t.Errorf("%v", done)
	}
	p.Publish(t, hosts(2, 5, "192.0.2.81"))
	if done := send(t, s, "POST", "/v1/zones/example.org/refresh", 202); done["result"] != nil {
		t.Errorf("%v", done)
	}
	ask.WaitSerial(t, s.Addr(), zone, 2)
	if got := address(t, s); got != "192.0.2.81" {
		t.Errorf("the address is %s", got)
	}
	s.WaitLog(t, `example\.org\.: refresh ordered from 127\.0\.0\.1:\d+`)
	if d := settled(t, s); d["last_refresh"].(doc)["reason"] != "request" {
		t.Errorf("%v", d)
	}
	if len(p.Queries()) == 0 || p.Count(primary.AXFR) != 1 {
		t.Errorf("asked: %v", p.Queries())
	}
}

// D-like: the primary's data changed, and its serial did not, or went back.
func TestRetransferTakesTheZoneWhateverItsSerial(t *testing.T) {
	t.Parallel()
	p, s := started(t)
	p.Publish(t, hosts(2, 5, "192.0.2.80"))
	send(t, s, "POST", "/v1/zones/example.org/refresh?wait=true", 200)
	if d := settled(t, s); d["deltas"].(doc)["count"] != 1. {
		t.Errorf("%v", d)
	}
	for i, serial := range []uint32{2, 1} { // in this order: a refresh takes what is newer
		address1 := fmt.Sprintf("192.0.2.%d", 82+i)
		before := address(t, s)
		p.Publish(t, hosts(serial, 5, address1))
		done := send(t, s, "POST", "/v1/zones/example.org/refresh?wait=1", 200)
		if done["result"] == "updated" || address(t, s) != before {
			t.Errorf("a refresh took the change: %v", done)
		}
		axfrs := p.Count(primary.AXFR)
		done = send(t, s, "POST", "/v1/zones/example.org/retransfer?wait=true", 200)
		if done["result"] != "updated" || done["serial"] != float64(serial) || done["primary"] != p.Addr() || address(t, s) != address1 {
			t.Errorf("%s: %v", address1, done)
		}
		if n := p.Count(primary.AXFR); n != axfrs+1 {
			t.Errorf("%d AXFRs", n-axfrs)
		}
		d := settled(t, s)
		wantDoc(t, d["deltas"], doc{"count": 0, "octets": 0})
		if d["last_refresh"].(doc)["reason"] != "retransfer" || d["last_transfer"].(doc)["kind"] != "axfr" || d["failures"] != 0. {
			t.Errorf("%v", d)
		}
	}
}

func TestWhatIsNoZoneIsNotRetransferred(t *testing.T) {
	t.Parallel()
	p, s := started(t)
	p.On(primary.AXFR, primary.NoNS())
	done := send(t, s, "POST", "/v1/zones/example.org/retransfer?wait=true", 502)
	if done["result"] != "failed" || done["serial"] != 1. || address(t, s) != "192.0.2.80" {
		t.Errorf("%v", done)
	}
	wantReason(t, done, "NS")
}

func TestTransfersBoundTheirNumber(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hosts(1, 5, "192.0.2.80"))
	p.On(primary.AXFR, primary.Silent())
	corefile := block(p.Addr(), statusHere, "transfers 1")
	for _, name := range []string{"b", "c", "d"} {
		corefile += "example.org:{{port:" + name + "}} {\n bind 127.0.0.1\n secondaryplus {\n transfer from " + p.Addr() + "\n }\n}\n"
	}
	s := understudy.Start(t, understudy.Config{Corefile: corefile})
	const running = "coredns_secondaryplus_transfers_running"
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_refreshes_running", 4)
	s.WaitMetric(t, "metrics", running, 1)
	wantDoc(t, send(t, s, "GET", "/v1/", 200)["transfers"], doc{"running": 1, "limit": 1, "per_primary": 1})
	if d := send(t, s, "GET", "/v1/zones?state=unloaded", 200)["zones"].([]any)[0].(doc); d["refreshing"] != true {
		t.Errorf("%v", d)
	}
	replaced := func(with string) string {
		return block(p.Addr(), statusHere, with) + corefile[len(block(p.Addr(), statusHere, "transfers 1")):]
	}
	s.Reload(t, replaced("transfers 5 3"))
	s.WaitMetric(t, "metrics", running, 3)
	s.Reload(t, replaced("transfers 5 4"))
	s.WaitMetric(t, "metrics", running, 4)
	wantDoc(t, send(t, s, "GET", "/v1/", 200)["transfers"], doc{"running": 4, "limit": 5, "per_primary": 4})
}
