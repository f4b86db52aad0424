package serialguard

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
	"github.com/understudy-dns/understudy/plugin/internal/zonefile"
)

// version makes one with an SOA and the lines.
func version(t *testing.T, base *zone.Version, soa string, lines ...string) (*zone.Version, *zone.Delta) {
	t.Helper()
	b := zonefile.Replace(owner.MustParse(apexName), base)
	for _, line := range append([]string{"@ SOA " + soa, "@ NS ns"}, lines...) {
		if err := b.Add(dns.Copy(rr(t, line))); err != nil {
			t.Fatal(err)
		}
	}
	v, d, err := b.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v, d
}

func TestSteps(t *testing.T) {
	const timers = " 7200 900 1209600 300"
	was, _ := version(t, nil, "ns h 5"+timers, hosts(3)...)
	for _, c := range []struct {
		soa    string
		lines  []string
		rule   guard.Rule
		reason string // empty: there is nothing wrong
	}{
		{"ns h 5" + timers, hosts(3), 0, ""},
		{"NS H 5" + timers, []string{"H0 A 192.0.2.0", "h1 A 192.0.2.1", "h2 A 192.0.2.2"}, 0, ""},
		{"ns h 6" + timers, hosts(2), 0, ""},
		{"ns h 2147483652" + timers, hosts(2), 0, ""},
		{"ns h 5" + timers, hosts(2), guard.SameSerial, "content changed (1 record deleted, 0 added), the serial 5 did not"},
		{"ns h 5" + timers, append(hosts(2), "h2 A 192.0.2.3", "h3 A 192.0.2.4"), guard.SameSerial, "content changed (1 record deleted, 2 added), the serial 5 did not"},
		{"ns h 5 7200 900 1209600 60", hosts(3), guard.SameSerial, "the SOA changed, the serial 5 did not"},
		{"ns h 4" + timers, hosts(3), guard.SerialBack, "is older than 5, which was there before, by 1"},
		{"ns h 4294967295" + timers, hosts(3), guard.SerialBack, "is older than 5, which was there before, by 6"},
		{"ns h 2147483653" + timers, hosts(3), guard.SerialAmbiguous, "is 2^31 away from 5: neither is newer"},
		{"ns h 2147483654" + timers, hosts(3), guard.SerialBack, "is older than 5, which was there before, by 2147483647"},
	} {
		is, d := version(t, was, c.soa, c.lines...)
		f, found := step(was, is, d)
		if found != (c.reason != "") || found && (f.Rule != c.rule || f.Reason != c.reason || f.Verdict != guard.Warn) {
			t.Errorf("%s, %s: %v", c.soa, strings.Join(c.lines, ", "), f)
		}
	}
}
