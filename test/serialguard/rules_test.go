package serialguard_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

// zoneText is a zone file: an SOA with the serial and the lines; %d in a line makes a hundred of it.
func zoneText(serial uint32, lines ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$TTL 3600\n@ SOA ns hostmaster %d 7200 900 1209600 300\n", serial)
	for _, line := range lines {
		for i := range 100 {
			if !strings.Contains(line, "%d") {
				b.WriteString(line + "\n")
				break
			}
			b.WriteString(strings.ReplaceAll(line, "%d", fmt.Sprint(i)) + "\n")
		}
	}
	return b.String()
}

var (
	servers = "@ NS ns\nns A 127.0.0.1\n@ NS ns.example.net."
	hosts   = "h%d A 192.0.2.%d"
	child   = "c%d NS ns.c%d\nns.c%d A 192.0.2.%d"
	secure  = "c%d DS %d 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// some is the first n of the hundred lines that a line makes.
func some(n int, line string) string {
	var list []string
	for i := range n {
		list = append(list, strings.ReplaceAll(line, "%d", fmt.Sprint(i)))
	}
	return strings.Join(list, "\n")
}

// A judged case is a version that a rule sees something bad in, and one that is just inside the limit.
type judged struct {
	rule, verdict string
	policy        string
	was           []string
	serial        uint32 // of what comes; 0: 2
	bad, near     []string
	reason        string
}

// run shows with a real primary that the bad version is held, or told of, and that the near miss passes.
func (c judged) run(t *testing.T) {
	t.Helper()
	t.Parallel()
	serial := c.serial
	if serial == 0 {
		serial = 2
	}
	t.Run("bad "+c.policy, func(t *testing.T) {
		t.Parallel()
		p := real(t, peer.Knot, zoneText(1, c.was...))
		s := startReal(t, 1, []*peer.Server{p}, "mode enforce", c.policy)
		load(t, p, s, serial, zoneText(serial, c.bad...))
		if c.verdict == "hold" {
			wantHeld(t, s, serial, 1, c.rule, c.reason)
			return
		}
		ask.WaitSerial(t, s.Addr(), zone, serial)
		s.WaitLog(t, c.rule+` \(warn\): `+c.reason)
		wantVerdict(t, s, c.rule, "warn")
	})
	if c.near == nil {
		return
	}
	t.Run("near "+c.policy, func(t *testing.T) {
		t.Parallel()
		p := real(t, peer.Knot, zoneText(1, c.was...))
		s := startReal(t, 1, []*peer.Server{p}, "mode enforce", c.policy)
		load(t, p, s, 2, zoneText(2, c.near...))
		ask.WaitSerial(t, s.Addr(), zone, 2)
		if v, there := s.Metrics(t, "metrics").Value("coredns_serialguard_verdicts_total", "zone="+zone, "rule="+c.rule, "verdict="+c.verdict); there {
			t.Errorf("%v findings", v)
		}
	})
}

func TestRule03ALongStep(t *testing.T) {
	judged{
		rule: "serial-jump", verdict: "warn", was: []string{servers, hosts}, serial: 1<<30 + 2,
		bad: []string{servers, hosts}, near: []string{servers, hosts}, reason: `is 1073741825 serials ahead of 1, more than 1073741824`,
	}.run(t)
}

func TestRule05SerialZero(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Knot, zoneText(1<<32-5, servers, hosts))
	s := startReal(t, 1<<32-5, []*peer.Server{p}, "mode enforce")
	load(t, p, s, 0, zoneText(0, servers, hosts))
	ask.WaitSerial(t, s.Addr(), zone, 0)
	s.WaitLog(t, `serial-zero \(warn\): has serial 0`)
	wantVerdict(t, s, "serial-zero", "warn")
	load(t, p, s, 1, zoneText(1, servers, hosts, "new A 192.0.2.1"))
	ask.WaitSerial(t, s.Addr(), zone, 1)
	s.WaitLog(t, `serial 1 \(was 0\)`)
}

func TestRule06ADateToCome(t *testing.T) {
	t.Parallel()
	date := func(days int) uint32 {
		var n uint32
		fmt.Sscan(time.Now().UTC().AddDate(0, 0, days).Format("20060102")+"01", &n)
		return n
	}
	p := real(t, peer.Knot, zoneText(date(-1), servers, hosts))
	s := startReal(t, date(-1), []*peer.Server{p}, "mode enforce", "format date")
	load(t, p, s, date(1), zoneText(date(1), servers, hosts))
	ask.WaitSerial(t, s.Addr(), zone, date(1))
	wantNoVerdict(t, s, "serial-future")
	load(t, p, s, date(5), zoneText(date(5), servers, hosts))
	ask.WaitSerial(t, s.Addr(), zone, date(5))
	s.WaitLog(t, `serial-future \(warn\): has serial \d+, a date \d days ahead, limit 2`)
	wantVerdict(t, s, "serial-future", "warn")
}

func TestRule10AZoneThatIsEmptied(t *testing.T) {
	for _, c := range []judged{
		{
			bad: []string{servers, some(65, hosts)}, near: []string{servers, some(75, hosts)},
			reason: `deletes 35 of 102 names \(34\.3 %\), limit 30 %`,
		},
		{
			policy: "min_records 100", bad: []string{servers, some(90, hosts)}, near: []string{servers, some(97, hosts)},
			reason: `has 94 records, down from 104, limit 100`,
		},
		{
			was: []string{"@ NS ns.example.net.", "www A 192.0.2.1"}, bad: []string{"@ NS ns.example.net."},
			near: []string{"@ NS ns.example.net.", "w3 A 192.0.2.1"}, reason: `has nothing left but the apex, out of 2 names`,
		},
	} {
		if c.rule, c.verdict = "deletes", "hold"; c.was == nil {
			c.was = []string{servers, hosts}
		}
		t.Run(c.policy+c.reason[:8], c.run)
	}
}

func TestRule11AMassChange(t *testing.T) {
	judged{
		rule: "updates", verdict: "hold", was: []string{servers, hosts},
		bad:    []string{servers, some(100, "h%d A 198.51.100.%d")},
		near:   []string{servers, some(45, "h%d A 198.51.100.%d"), "h45 A 192.0.2.45", rest(46)},
		reason: `touches 98\.0 % of 102 RRsets, limit 50 %`,
	}.run(t)
}

func TestRule12TheNameServersAreOthers(t *testing.T) {
	judged{
		rule: "apex-ns", verdict: "hold", was: []string{servers, hosts},
		bad: []string{"@ NS ns.example.com.", "ns A 127.0.0.1", hosts}, near: []string{"@ NS ns.example.net.", "ns A 127.0.0.1", hosts},
		reason: `has 1 NS at the apex, and none of the 2 before`,
	}.run(t)
}

func TestRule13WhatThereMustBeIsLost(t *testing.T) {
	for _, c := range []judged{
		{
			policy: "require MX", was: []string{servers, "@ MX 10 mail.example.net.", hosts},
			bad: []string{servers, hosts}, near: []string{servers, "@ MX 20 mail.example.com.", hosts}, reason: `has lost MX at example\.org\.`,
		},
		{
			policy: "protect h7.example.org. A", was: []string{servers, hosts},
			bad: []string{servers, some(7, hosts), rest(8)}, near: []string{servers, some(7, hosts), "h7 A 198.51.100.7", rest(8)},
			reason: `has lost A at h7\.example\.org\.`,
		},
	} {
		c.rule, c.verdict = "required", "hold"
		t.Run(c.policy, c.run)
	}
}

func TestRule15DelegationsLoseTheirDS(t *testing.T) {
	judged{
		rule: "ds-lost", verdict: "hold", was: []string{servers, child, secure},
		bad: []string{servers, child, some(89, secure)}, near: []string{servers, child, some(98, secure)},
		reason: `takes the DS from 11 of 100 delegations \(11\.0 %\), limit 10 %`,
	}.run(t)
}

func TestRule16AMissingDot(t *testing.T) {
	judged{
		rule: "doubled-name", verdict: "hold", was: []string{servers, hosts},
		bad: []string{servers, hosts, some(3, "m%d MX 10 h%d.example.org")}, near: []string{servers, hosts, some(3, "m%d MX 10 h%d")},
		reason: `has 3 names that end in example\.org\.example\.org\.`,
	}.run(t)
}

func TestRule17TTLsCollapse(t *testing.T) {
	judged{
		rule: "ttl", verdict: "warn", policy: "on updates accept", was: []string{servers, hosts},
		bad: []string{servers, "h%d 20 A 192.0.2.%d"}, near: []string{servers, "h%d 600 A 192.0.2.%d"},
		reason: `has a median TTL of 20 s, down from 3600 s`,
	}.run(t)
}

func TestRule20TimersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	p := real(t, peer.Knot, zoneText(1, servers, hosts))
	s := startReal(t, 1, []*peer.Server{p}, "mode enforce")
	wantNoVerdict(t, s, "soa-timers")
	load(t, p, s, 2, strings.Replace(zoneText(2, servers, hosts), "1209600", "0", 1))
	ask.WaitSerial(t, s.Addr(), zone, 2)
	s.WaitLog(t, `soa-timers \(warn\): has SOA timers that are wrong: .*expire 0`)
	wantVerdict(t, s, "soa-timers", "warn")
}

func TestRule21TenTimesAsMuch(t *testing.T) {
	judged{
		rule: "growth", verdict: "hold", was: []string{servers, some(9, hosts)},
		bad: []string{servers, hosts, hosts10(11)}, near: []string{servers, hosts}, reason: `has \d+ RRsets, up from 11, limit 10 times`,
	}.run(t)
}

// hosts10 are n hundreds of hosts.
func hosts10(n int) string {
	var list []string
	for i := range n {
		list = append(list, some(100, fmt.Sprintf("g%d-%%d A 192.0.2.1", i)))
	}
	return strings.Join(list, "\n")
}

// rest are the hosts from n on.
func rest(n int) string {
	return strings.TrimPrefix(some(100, hosts), some(n, hosts)+"\n")
}
