package status_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// part takes a document out of a document.
func part(t *testing.T, d doc, field string) doc {
	t.Helper()
	inner, ok := d[field].(doc)
	if !ok {
		t.Fatalf("there is no %s in %v", field, d)
	}
	delete(d, field)
	return inner
}

func TestEveryFieldOfAZone(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	dead := port.Addr(t, "127.0.0.2") // not the address that NOTIFYs come from
	p.Publish(t, hosts(7, 5, "192.0.2.80"))
	s := understudy.Start(t, understudy.Config{Corefile: block(p.Addr()+" "+dead, statusHere)})
	ask.WaitSerial(t, s.Addr(), zone, 7)
	settled(t, s)
	p.Publish(t, hosts(8, 6, "192.0.2.80"))
	p.NotifyTo(t, s.Addr(), nil)
	ask.WaitSerial(t, s.Addr(), zone, 8)
	d := settled(t, s)

	last := part(t, d, "last_refresh")
	at := moment(t, last, "time")
	amount(t, last, "seconds")
	wantDoc(t, last, doc{"reason": "notify", "result": "updated"})

	transfer := part(t, d, "last_transfer")
	moment(t, transfer, "time")
	amount(t, transfer, "seconds")
	wire := p.WaitDelivery(t, primary.IXFR, 1)
	octets := float64(wire.Bytes + 2*wire.Messages) // with the length of each message
	wantDoc(t, transfer, doc{
		"kind": "ixfr", "primary": p.Addr(), "serial": 8, "messages": wire.Messages, "records": 5, "octets": octets,
	})

	deltas := part(t, d, "deltas")
	amount(t, deltas, "octets")
	wantDoc(t, deltas, doc{"count": 1, "oldest_serial": 7})

	wantAhead(t, d, at)
	wrong := part(t, d, "last_error") // of the first refresh, in which the dead primary was asked, too
	moment(t, wrong, "time")
	wantReason(t, wrong, dead)
	wantPrimaries(t, d, p.Addr(), dead)

	amount(t, d, "octets")
	key, _ := d["server"].(string)
	delete(d, "server")
	if key != "dns://example.org.:"+strings.TrimPrefix(s.Addr(), "127.0.0.1:") {
		t.Errorf("the block is %s", key)
	}
	wantDoc(t, d, doc{
		"zone": zone, "state": "serving", "serial": 8, "records": 10, "rrsets": 9, "types": doc{"A": 7, "NS": 2, "SOA": 1},
		"refreshing": false, "queued": false, "failures": 0,
		"timers":        doc{"refresh": 3600, "retry": 600, "expire": 86400},
		"transfers_out": doc{"sent": 0, "refused": 0, "broken": 0},
		"notifies":      doc{"accepted": 1, "current": 0, "refused": 0, "badkey": 0, "ignored": 0},
	})
}

// wantPrimaries wants the first one to be well and the second one to be silent.
func wantPrimaries(t *testing.T, d doc, well, dead string) {
	t.Helper()
	primaries := d["primaries"].([]any)
	first, second := primaries[0].(doc), primaries[1].(doc)
	delete(d, "primaries")
	delete(first, "rtt_seconds")
	wantDoc(t, first, doc{"address": well, "tls": false, "serial": 8, "pinned": true, "source": true})
	if text, _ := second["error"].(string); !strings.Contains(text, dead) {
		t.Errorf("the dead primary's error is %q", text)
	}
	delete(second, "error")
	silent := part(t, second, "silent")
	if since := moment(t, silent, "since"); moment(t, silent, "until").Sub(since) != time.Minute {
		t.Errorf("silent since %s", since)
	}
	wantDoc(t, silent, doc{"failures": 1})
	wantDoc(t, second, doc{"address": dead, "tls": false, "pinned": false, "source": false})
}

// wantAhead looks at what is to come after a refresh.
func wantAhead(t *testing.T, d doc, at time.Time) {
	t.Helper()
	success := moment(t, d, "last_success")
	if ahead := moment(t, d, "expires").Sub(success); ahead < 86399*time.Second || ahead > 86401*time.Second {
		t.Errorf("it expires in %s", ahead)
	}
	if ahead := moment(t, d, "next_refresh").Sub(at); ahead < 53*time.Minute || ahead > time.Hour {
		t.Errorf("it is refreshed in %s", ahead)
	}
}

// wantReason looks for words in the last error.
func wantReason(t *testing.T, mishap doc, words ...string) {
	t.Helper()
	for _, word := range words {
		if text, _ := mishap["reason"].(string); !strings.Contains(text, word) {
			t.Errorf("%v does not say %q", mishap, word)
		}
	}
}

func TestTheFiguresAreThoseOfKnot(t *testing.T) {
	t.Parallel()
	text := hosts(3, 300, "192.0.2.80")
	k := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{Name: zone, Text: "$ORIGIN " + zone + "\n" + text}}})
	s := understudy.Start(t, understudy.Config{Corefile: block(k.Addr(), statusHere)})
	ask.WaitSerial(t, s.Addr(), zone, 3)
	d := settled(t, s)
	whole := len(ask.AXFR(t, k.Addr(), zone, nil))
	if d["serial"] != float64(k.Serial(t, zone)) || d["records"] != 304. || whole < 304 {
		t.Errorf("%v of %v records, by AXFR %d", d["serial"], d["records"], whole)
	}
	if transfer := part(t, d, "last_transfer"); transfer["kind"] != "axfr" || transfer["records"] != 305. {
		t.Errorf("%v", transfer)
	}
}

func TestTheReasonOfTheLastError(t *testing.T) {
	t.Parallel()
	p, s := started(t)
	if d := settled(t, s); d["last_error"] != nil {
		t.Errorf("an error already: %v", d)
	}
	p.OnAll(primary.Refused())
	done := send(t, s, "POST", "/v1/zones/example.org/refresh?wait=true", 502)
	wantReason(t, done, "REFUSED", p.Addr())
	d := settled(t, s)
	wantReason(t, part(t, d, "last_error"), "REFUSED", p.Addr())
	if d["failures"] != 1. || d["state"] != "serving" {
		t.Errorf("%v", d)
	}
	p.OnAll()
	p.On(primary.AXFR, primary.Refused())
	p.On(primary.IXFR, primary.Servfail())
	p.Publish(t, hosts(2, 5, "192.0.2.80"))
	wantReason(t, send(t, s, "POST", "/v1/zones/example.org/refresh?wait=true", 502), "IXFR", "SERVFAIL", "AXFR", "REFUSED")
	p.OnAll()
	send(t, s, "POST", "/v1/zones/example.org/refresh?wait=true", 200)
	d = settled(t, s)
	wantReason(t, part(t, d, "last_error"), "AXFR", "REFUSED") // it stays
	if d["failures"] != 0. || d["serial"] != 2. {
		t.Errorf("%v", d)
	}
}

func TestAZoneThatWasNeverLoaded(t *testing.T) {
	t.Parallel()
	s := understudy.Start(t, understudy.Config{Corefile: block(port.Addr(t, "127.0.0.1"), statusHere, "metrics problems")})
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zones", 1, "state=unloaded")
	ask.Until(t, "the first refresh has failed", func() error {
		if d := of(t, s); d["last_error"] == nil {
			return fmt.Errorf("%v", d)
		}
		return nil
	})
	d := of(t, s)
	for _, field := range []string{"serial", "last_success", "expires", "last_transfer"} {
		if value, ok := d[field]; ok {
			t.Errorf("%s is %v", field, value)
		}
	}
	if d["state"] != "unloaded" || d["failures"] == 0. {
		t.Errorf("%v", d)
	}
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zone_state", 1, "state=unloaded") // it is a problem
}

func TestSeveralZones(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hosts(1, 5, "192.0.2.80"))
	second := strings.ReplaceAll(block(p.Addr(), "metrics problems"), "{{port}}", "{{port:second}}")
	second = strings.ReplaceAll(second, "secondaryplus {", "secondaryplus example.org 0/25.2.0.192.in-addr.arpa {")
	s := understudy.Start(t, understudy.Config{Corefile: block(p.Addr(), statusHere, "metrics problems") + second})
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zones", 2, "state=serving")
	s.WaitMetric(t, "metrics", "coredns_secondaryplus_zones", 1, "state=unloaded")
	choices := send(t, s, "GET", "/v1/zones/example.org", 409)["choices"].([]any)
	for _, choice := range choices {
		key, _ := choice.(doc)["server"].(string)
		if d := send(t, s, "GET", "/v1/zones/example.org?server="+key, 200); d["server"] != key {
			t.Errorf("%s is not %v", key, d)
		}
	}
	if len(choices) != 2 {
		t.Errorf("%v", choices)
	}
	for path, n := range map[string]int{"/v1/zones": 3, "/v1/zones?state=serving": 2, "/v1/zones?state=expired": 0} {
		if list := send(t, s, "GET", path, 200)["zones"].([]any); len(list) != n {
			t.Errorf("%s: %v", path, list)
		}
	}
	if d := send(t, s, "GET", "/v1/zones/0%2f25.2.0.192.in-addr.arpa", 200); d["state"] != "unloaded" {
		t.Errorf("%v", d)
	}
	sum := send(t, s, "GET", "/v1/", 200)
	wantDoc(t, sum["zones"], doc{"expired": 0, "fallback": 0, "serving": 2, "stale": 0, "unloaded": 1})
	wantDoc(t, sum["primaries"], []doc{{"address": p.Addr(), "zones": 3, "failing": 1}})
	m := s.Metrics(t, "metrics")
	if n, _ := m.Value("coredns_secondaryplus_primary_failing_zones", "primary="+p.Addr()); n != 1 {
		t.Errorf("%v zones fail at the primary", n)
	}
	if _, ok := m.Value("coredns_secondaryplus_zone_serial", "zone="+zone); ok {
		t.Error("a zone in order has metrics of its own")
	}
	if _, ok := m.Value("coredns_secondaryplus_zone_state", "zone=0/25.2.0.192.in-addr.arpa."); !ok {
		t.Error("a zone with a problem has no metrics")
	}
	if done := send(t, s, "POST", "/v1/refresh", 202); done["zones"] != 3. {
		t.Errorf("%v", done)
	}
}

// token is a file outside of the server's directory.
func token(t *testing.T, mode os.FileMode) string {
	t.Helper()
	path := t.TempDir() + "/token"
	if err := os.WriteFile(path, []byte("0123456789abcdef\n"), mode); err != nil {
		t.Fatal(err)
	}
	return path
}
