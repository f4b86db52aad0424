package status_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// is waits until a field of the zone's document matches a pattern.
func is(t *testing.T, s *understudy.Server, path, pattern string) {
	t.Helper()
	s.WaitStatus(t, "status", zone, path, pattern)
}

func TestWhatIsOnDisk(t *testing.T) {
	t.Parallel()
	_, s := started(t, "persist {{dir}}")
	is(t, s, "persist.serial", "^1$")
	d := settled(t, s)
	wantDoc(t, part(t, d, "persist"), doc{"directory": s.Dir(), "serial": 1, "errors": 0})
}

func TestAStaleZoneAndItsFallback(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/example.org.zone"
	if err := os.WriteFile(file, []byte("$ORIGIN "+zone+"\n"+hosts(900, 1, "192.0.2.99")), 0o600); err != nil {
		t.Fatal(err)
	}
	p, s := started(t, "stale 1h", "fallback "+file, "refresh 1s 1s", "retry 1s 1s", "expire 2s 2s")
	if d := of(t, s); d["fallback_serial"] != 900. || d["stale_until"] != nil {
		t.Errorf("%v", d)
	}
	p.OnAll(primary.Refused())
	is(t, s, "state", "^stale$")
	d := of(t, s)
	if until := moment(t, d, "stale_until"); until.Sub(moment(t, d, "expires")).Hours() != 1 {
		t.Errorf("it is stale until %s", until)
	}
	wantDoc(t, d["timers"], doc{"refresh": 1, "retry": 1, "expire": 2})
}

// Of two primaries one fails and comes back: neither may be missed, although the zone is well all the time.
func TestOneOfTwoPrimariesFails(t *testing.T) {
	t.Parallel()
	a, b := primary.Start(t, primary.Config{Zone: zone}), primary.Start(t, primary.Config{Zone: zone})
	a.Publish(t, hosts(1, 5, "192.0.2.80"))
	b.Publish(t, hosts(1, 5, "192.0.2.80"))
	s := understudy.Start(t, understudy.Config{Corefile: block(a.Addr()+" "+b.Addr(), statusHere, "refresh 1s 1s", "retry 1s 1s")})
	up := func(p *primary.Primary, want float64) {
		t.Helper()
		s.WaitMetric(t, "metrics", "coredns_secondaryplus_primary_up", want, "zone="+zone, "primary="+p.Addr())
	}
	up(a, 1)
	up(b, 1)
	mark := s.Mark()
	asked := b.Count(primary.SOA)
	b.OnAll(primary.Refused())
	s.WaitLogFrom(t, mark, `\[WARNING\].*example\.org\.: primary `+b.Addr()+` fails, while others do not: SOA check .*REFUSED`)
	b.WaitQuery(t, primary.SOA, asked+4) // that is not told every time
	up(a, 1)
	up(b, 0)
	if d := of(t, s); d["state"] != "serving" || d["failures"] != 0. {
		t.Errorf("%v", d)
	}
	b.OnAll()
	s.WaitLogFrom(t, mark, `\[INFO\].*example\.org\.: primary `+b.Addr()+` is well again, with serial 1`)
	up(b, 1)
	for _, words := range []string{"fails, while others", "is well again"} {
		if n := strings.Count(s.Log(), words); n != 1 {
			t.Errorf("%q is logged %d times", words, n)
		}
	}
	a.OnAll(primary.Refused())
	b.OnAll(primary.Refused())
	s.WaitLogFrom(t, mark, `refresh failed .*`+a.Addr()+`.*`+b.Addr()+`|refresh failed .*`+b.Addr()+`.*`+a.Addr())
}

// The secondaries below are knotd, which asks for a transfer when it is told, and nobody.
func TestTheSecondariesAreTold(t *testing.T) {
	t.Parallel()
	nobody := port.Addr(t, "127.0.0.1")
	const everybody = "transfer to 127.0.0.0/8"
	p, s := started(t, everybody)
	below := peer.Start(t, peer.Knot, peer.Config{Zones: []peer.Zone{{Name: zone, Primaries: []peer.Endpoint{{Addr: s.Addr()}}}}})
	s.Reload(t, block(p.Addr(), statusHere, everybody, "also_notify "+below.Addr()+" "+nobody))
	ask.WaitSerial(t, below.Addr(), zone, 1)
	is(t, s, "transfers_out.sent", "^[1-9]")
	order := send(t, s, "POST", "/v1/zones/example.org/notify", 202)
	if order["serial"] != 1. || order["action"] != "notify" {
		t.Errorf("%v", order)
	}
	send(t, s, "POST", "/v1/zones/example.org/notify?wait=true", 400)
	p.Publish(t, hosts(2, 5, "192.0.2.81"))
	send(t, s, "POST", "/v1/zones/example.org/refresh?wait=true", 200)
	ask.WaitSerial(t, below.Addr(), zone, 2)
	is(t, s, "secondaries.0.last.serial", "^2$")
	is(t, s, "secondaries.0.pending", "^false$")
	told := of(t, s)["secondaries"].([]any)[0].(doc)
	last := part(t, told, "last")
	moment(t, last, "time")
	wantDoc(t, last, doc{"serial": 2, "result": "acknowledged"})
	wantDoc(t, told, doc{"address": below.Addr(), "pending": false})
	wantDoc(t, of(t, s)["secondaries"].([]any)[1], doc{"address": nobody, "pending": true})
}

func TestNobodyToTellAndNothingToTell(t *testing.T) {
	t.Parallel()
	_, s := started(t)
	wantError(t, send(t, s, "POST", "/v1/zones/example.org/notify", 409), "no secondaries")
	wantError(t, send(t, s, "POST", "/v1/zones/example.org/release", 409), "no catalog zone")
	empty := understudy.Start(t, understudy.Config{Corefile: block(anyPrimary, statusHere, "also_notify 127.0.0.9")})
	wantError(t, send(t, empty, "POST", "/v1/zones/example.org/notify", 409), "never loaded")
}

func wantError(t *testing.T, d doc, words string) {
	t.Helper()
	if text, _ := d["error"].(string); !strings.Contains(text, words) {
		t.Errorf("%v does not say %q", d, words)
	}
}

// listing is a catalog of n members.
func listing(serial uint32, from, n int) string {
	text := fmt.Sprintf("@ 300 SOA ns hostmaster %d 3600 600 86400 300\n@ 300 NS invalid.\nversion 300 TXT 2\n", serial)
	for i := from; i < n; i++ {
		text += fmt.Sprintf("id%d.zones 300 PTR z%02d.test.\ngroup.id%d.zones 300 TXT far\n", i, i, i)
	}
	return text
}

func TestACatalogIsReleased(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone}) // the members are refused there
	p.Publish(t, listing(1, 0, 30))
	s := understudy.Start(t, understudy.Config{Corefile: strings.NewReplacer(
		"example.org:{{port}}", ".:{{port}}", "secondaryplus {", "secondaryplus example.org {",
	).Replace(block(p.Addr(), statusHere, "catalog", "group far transfer from "+p.Addr()))})
	is(t, s, "catalog.members", "^30$")
	wantError(t, send(t, s, "POST", "/v1/zones/example.org/release", 409), "no members")
	p.Publish(t, listing(2, 25, 30))
	send(t, s, "POST", "/v1/zones/example.org/refresh?wait=true", 200)
	is(t, s, "catalog.held", "^25$")
	s.WaitLog(t, `HELD: .* loses 25 members at once; .*; to consent: POST /v1/zones/example\.org\./release at `+s.AddrOf("status"))
	d := part(t, of(t, s), "catalog")
	names, _ := d["held_zones"].([]any)
	if len(names) != 20 || names[0] != "z00.test." || names[19] != "z19.test." || d["members"] != 30. {
		t.Errorf("%v", d)
	}
	held := part(t, send(t, s, "GET", "/v1/zones/z24.test", 200), "member_of")
	moment(t, held, "held_since")
	wantDoc(t, held, doc{"catalog": zone, "id": "id24", "groups": []string{"far"}})
	wantDoc(t, send(t, s, "GET", "/v1/zones/z25.test", 200)["member_of"], doc{"catalog": zone, "id": "id25", "groups": []string{"far"}})
	if done := send(t, s, "POST", "/v1/zones/example.org/release", 200); done["released"] != 25. {
		t.Errorf("%v", done)
	}
	wantDoc(t, of(t, s)["catalog"], doc{"members": 5, "held": 0})
	send(t, s, "GET", "/v1/zones/z24.test", 404)
	ask.WaitRcode(t, s.Addr(), "z24.test.", dns.RcodeRefused)
	p.Publish(t, strings.Replace(listing(3, 0, 30), "TXT 2", "TXT 3", 1))
	send(t, s, "POST", "/v1/zones/example.org/refresh?wait=true", 200)
	is(t, s, "catalog.broken", `its version is "3"`)
}
