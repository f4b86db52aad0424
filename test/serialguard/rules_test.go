package serialguard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
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

// Each rule sees what is bad, and lets pass what is just inside the limit.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, verdict string
		policy        string
		was           []string
		serial        uint32 // of what comes; 0: 2
		bad, near     []string
		reason        string
	}{
		{"deletes", "hold", "", []string{servers, hosts}, 0,
			[]string{servers, some(65, hosts)}, []string{servers, some(75, hosts)}, `deletes 35 of 102 names \(34\.3 %\), limit 30 %`},
		{"deletes", "hold", "min_records 100", []string{servers, hosts}, 0,
			[]string{servers, some(90, hosts)}, []string{servers, some(97, hosts)}, `has 94 records, down from 104, limit 100`},
		{"updates", "hold", "", []string{servers, hosts}, 0,
			[]string{servers, some(100, "h%d A 198.51.100.%d")}, []string{servers, some(45, "h%d A 198.51.100.%d"), "h45 A 192.0.2.45", rest(46)}, `touches 98\.0 % of 102 RRsets, limit 50 %`},
		{"apex-ns", "hold", "", []string{servers, hosts}, 0,
			[]string{"@ NS ns.example.com.", "ns A 127.0.0.1", hosts}, []string{"@ NS ns.example.net.", "ns A 127.0.0.1", hosts}, `has 1 NS at the apex, and none of the 2 before`},
		{"required", "hold", "require MX", []string{servers, "@ MX 10 mail.example.net.", hosts}, 0,
			[]string{servers, hosts}, []string{servers, "@ MX 20 mail.example.com.", hosts}, `has lost MX at example\.org\.`},
		{"required", "hold", "protect h7.example.org. A", []string{servers, hosts}, 0,
			[]string{servers, some(7, hosts), rest(8)}, []string{servers, some(7, hosts), "h7 A 198.51.100.7", rest(8)}, `has lost A at h7\.example\.org\.`},
		{"ds-lost", "hold", "", []string{servers, child, secure}, 0,
			[]string{servers, child, some(89, secure)}, []string{servers, child, some(98, secure)}, `takes the DS from 11 of 100 delegations \(11\.0 %\), limit 10 %`},
		{"doubled-name", "hold", "", []string{servers, hosts}, 0,
			[]string{servers, hosts, some(3, "m%d MX 10 h%d.example.org")}, []string{servers, hosts, some(3, "m%d MX 10 h%d")}, `has 3 names that end in example\.org\.example\.org\.`},
		{"growth", "hold", "", []string{servers, some(9, hosts)}, 0,
			[]string{servers, hosts, hosts10(11)}, []string{servers, hosts}, `has \d+ RRsets, up from 11, limit 10 times`},
		{"ttl", "warn", "on updates accept", []string{servers, hosts}, 0,
			[]string{servers, "h%d 20 A 192.0.2.%d"}, []string{servers, "h%d 600 A 192.0.2.%d"}, `has a median TTL of 20 s, down from 3600 s`},
		{"serial-jump", "warn", "", []string{servers, hosts}, 1<<31 - 1,
			[]string{servers, hosts}, nil, `is 2147483646 serials ahead of 1`},
		{"serial-future", "warn", "format date", []string{servers, hosts}, 1999999999,
			[]string{servers, hosts}, nil, `has serial 1999999999, which is no date`},
	} {
		serial := c.serial
		if serial == 0 {
			serial = 2
		}
		name := c.rule + " " + c.policy
		t.Run(name+" bad", func(t *testing.T) {
			t.Parallel()
			p, s := start(t, zoneText(1, c.was...), "mode enforce", c.policy)
			publish(t, p, s, zoneText(serial, c.bad...))
			if c.verdict == "hold" {
				wantHeld(t, s, serial, 1, c.rule, c.reason)
				return
			}
			ask.WaitSerial(t, s.Addr(), zone, serial)
			s.WaitLog(t, c.rule+` \(warn\): `+c.reason)
			s.WaitMetricThat(t, "metrics", "coredns_serialguard_verdicts_total", "≥ 1", func(v float64) bool { return v >= 1 },
				"zone="+zone, "rule="+c.rule, "verdict=warn")
		})
		if c.near == nil {
			continue
		}
		t.Run(name+" near", func(t *testing.T) {
			t.Parallel()
			p, s := start(t, zoneText(1, c.was...), "mode enforce", c.policy)
			publish(t, p, s, zoneText(serial, c.near...))
			ask.WaitSerial(t, s.Addr(), zone, serial)
			if v, there := s.Metrics(t, "metrics").Value("coredns_serialguard_verdicts_total", "zone="+zone, "rule="+c.rule, "verdict="+c.verdict); there {
				t.Errorf("%v findings", v)
			}
		})
	}
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
