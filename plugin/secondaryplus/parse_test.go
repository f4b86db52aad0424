package secondaryplus

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"

	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

var testSecrets = map[string]string{"key.example.": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ=="}

func parseText(t *testing.T, text string) ([]config, error) {
	t.Helper()
	c := caddy.NewTestController("dns", text)
	c.ServerBlockKeys = []string{"dns://block.example.:53"}
	return parse(c, testSecrets)
}

func TestAFullStanza(t *testing.T) {
	configs, err := parseText(t, `secondaryplus Example.org 10.0.0.0/8 {
		transfer from 192.0.2.1 192.0.2.2:5353 key KEY.example. hmac-sha512
		transfer from 2001:db8::1 [2001:db8::2]:5353 ::ffff:192.0.2.3
		source 127.0.0.2 ::1
		ixfr off
		notify deny 192.0.2.66
		notify allow 192.0.2.0/24 2001:DB8:0:0::/64 key key.example
		notify deny *
		refresh 1m 2m
		retry 10s 20s
		expire 1h 2h
		journal 64kB ratio 40%
		limit records 2M
		limit size 64MiB
		limit rate 5kB/s
		limit time 1m
		limit connect 2s
		limit idle 3s
		fallthrough
	}`)
	if err != nil {
		t.Fatal(err)
	}
	c := configs[0]
	if len(c.zones) != 2 || c.zones[0].Canonical() != "example.org." || c.zones[1].Canonical() != "10.in-addr.arpa." {
		t.Errorf("zones %v", c.zones)
	}
	var addrs []string
	for _, p := range c.primaries {
		addrs = append(addrs, p.Addr.String())
	}
	if got := strings.Join(addrs, " "); got != "192.0.2.1:53 192.0.2.2:5353 [2001:db8::1]:53 [2001:db8::2]:5353 192.0.2.3:53" {
		t.Errorf("primaries %s", got)
	}
	if k := c.primaries[1].Key; k == nil || k.String() != "key.example. (hmac-sha512)" || c.primaries[2].Key != nil {
		t.Errorf("keys %v %v", k, c.primaries[2].Key)
	}
	if c.ixfr || c.source4 != netip.MustParseAddr("127.0.0.2") || c.source6 != netip.MustParseAddr("::1") {
		t.Errorf("ixfr %v, source %v %v", c.ixfr, c.source4, c.source6)
	}
	if want := (timers.Clamps{
		Refresh: timers.Range{Min: time.Minute, Max: 2 * time.Minute},
		Retry:   timers.Range{Min: 10 * time.Second, Max: 20 * time.Second},
		Expire:  timers.Range{Min: time.Hour, Max: 2 * time.Hour},
	}); c.clamps != want {
		t.Errorf("clamps %+v", c.clamps)
	}
	if c.refresh().Room != (zone.Room{Octets: 64000}) || c.ratio != 40 {
		t.Errorf("journal %+v, ratio %d", c.room, c.ratio)
	}
	l := c.limits
	if l.Records != 2_000_000 || l.Octets != 64<<20 || l.Rate != 5000 || l.Time != time.Minute || l.Connect != 2*time.Second || l.Idle != 3*time.Second {
		t.Errorf("limits %+v", l)
	}
	if !c.fall.Through("anything.example.org.") {
		t.Error("no fallthrough")
	}
}

func TestTheZonesOfTheBlockAreTheDefault(t *testing.T) {
	configs, err := parseText(t, "secondaryplus {\n transfer from 192.0.2.1\n}")
	if err != nil || len(configs[0].zones) != 1 || configs[0].zones[0].Canonical() != "block.example." {
		t.Errorf("%+v, %v", configs, err)
	}
}

func TestTwoKeysOfTheBlockMayNameOneZone(t *testing.T) {
	c := caddy.NewTestController("dns", "secondaryplus {\n transfer from 192.0.2.1\n}")
	c.ServerBlockKeys = []string{"dns://block.example.:53", "tls://block.example.:853"}
	configs, err := parse(c, testSecrets)
	if err != nil || len(configs[0].zones) != 1 {
		t.Errorf("%+v, %v", configs, err)
	}
}

func TestEverySetupErrorSaysWhatAndWhere(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"no primary", "ixfr on", "line 1 has no 'transfer from'"},
		{"an unknown property", "transfer from 192.0.2.1\n persits /tmp", "Testfile:3 - Error during parsing: unknown property 'persits'"},
		{"transfer with an unknown word", "transfer onto 192.0.2.1", "Testfile:2 - Error during parsing: unknown property 'transfer onto'"},
		{"transfer to nobody", "transfer to", "Wrong argument count"},
		{"transfer to a name", "transfer to ns2.example.org", "a secondary is an IP address with or without a port, a prefix or '*', not 'ns2.example.org'"},
		{"transfer to port 0", "transfer to 192.0.2.1:0", "not '192.0.2.1:0'"},
		{"transfer to a prefix that is too long", "transfer to 192.0.2.1/33", "not '192.0.2.1/33'"},
		{"transfer to holders of an undefined key", "transfer to * key other", "key 'other.' is not defined"},
		{"transfer from nowhere", "transfer from", "Wrong argument count"},
		{"transfer from everywhere", "transfer from *", "a primary is an IP address with or without a port, not '*'"},
		{"transfer from a name", "transfer from ns1.example.org", "not 'ns1.example.org'"},
		{"a primary with port 0", "transfer from 192.0.2.1:0", "not '192.0.2.1:0'"},
		{"the same primary with and without a key", "transfer from 192.0.2.1\n transfer from 192.0.2.1:53 key key.example.", "Testfile:3 - Error during parsing: primary 192.0.2.1:53 is given twice, with different keys"},
		{"a key that is not defined", "transfer from 192.0.2.1 key other.", "key 'other.' is not defined"},
		{"a key without a name", "transfer from 192.0.2.1 key", "a key is given as 'key NAME [ALGORITHM]'"},
		{"an unknown algorithm", "transfer from 192.0.2.1 key key.example. hmac-md4", `unknown algorithm "hmac-md4"`},
		{"a notify rule without a verb", "notify 192.0.2.1", "a rule is given as"},
		{"a notify rule for nobody", "notify allow", "a rule is given as"},
		{"a notify rule for no address", "notify allow 192.0.2", "not an address, a prefix or '*': '192.0.2'"},
		{"a notify rule with an undefined key", "notify allow * key other", "key 'other.' is not defined"},
		{"a notify rule with an algorithm", "notify allow * key key.example. hmac-sha256", "a rule is given as"},
		{"two sources of a family", "source 127.0.0.1 127.0.0.2", "a second source address of the same family: 127.0.0.2"},
		{"a source that is no address", "source eth0", "not an IP address: 'eth0'"},
		{"a journal without a size", "journal", "it is given as 'journal SIZE|off [ratio PERCENT]'"},
		{"a journal with an odd word", "journal 1MiB limit 5", "it is given as"},
		{"a journal of nothing", "journal 0", "not an amount of octets: '0'"},
		{"a ratio of nothing", "journal 1MiB ratio 0", "a ratio is a percentage from 1 to 100, not '0'"},
		{"a ratio above the whole", "journal off ratio 101%", "not '101%'"},
		{"ixfr maybe", "ixfr maybe", "ixfr is 'on' or 'off', not 'maybe'"},
		{"a clamp with one bound", "refresh 1m", "refresh is given as 'refresh MIN MAX'"},
		{"a clamp upside down", "retry 2m 1m", "retry: the minimum 2m0s is above the maximum 1m0s"},
		{"a clamp without a unit", "expire 3600 7200", "not a duration: '3600'"},
		{"a clamp of nothing", "expire 0s 1h", "above zero"},
		{"a limit that does not exist", "limit speed 5", "there is no limit 'speed'"},
		{"a limit without a value", "limit records", "a limit is given as"},
		{"a limit of nothing", "limit records 0", "not a number above zero: '0'"},
		{"a size that is no size", "limit size big", "not an amount of octets: 'big'"},
		{"stale without a word", "stale", "stale is given as 'stale off|DURATION|forever [ttl DURATION]'"},
		{"stale for no time", "stale 0s", "above zero"},
		{"stale for a while", "stale while", "not a duration: 'while'"},
		{"stale twice", "stale off\n stale 1h", "Testfile:3 - Error during parsing: a second 'stale'"},
		{"stale with another word", "stale 1h for 30s", "stale is given as"},
		{"stale with half a TTL", "stale 1h ttl", "stale is given as"},
		{"a TTL of nothing", "stale 1h ttl 0s", "above zero"},
		{"a TTL of less than a second", "stale 1h ttl 1500ms", "a TTL is whole seconds, at most 2147483647: '1500ms'"},
		{"a TTL that is none", "stale 1h ttl 2147483648s", "a TTL is whole seconds"},
		{"fallback to nothing", "fallback", "fallback is given as 'fallback FILE'"},
		{"fallback to two files", "fallback a b", "fallback is given as 'fallback FILE'"},
		{"a second fallback", "fallback a\n fallback b", "Testfile:3 - Error during parsing: a second 'fallback'"},
		{"a size beyond all bounds", "limit size 9999999999GiB", "not an amount of octets"},
	} {
		body := c.body
		if !strings.Contains(body, "transfer from") && c.name != "no primary" && !strings.HasPrefix(body, "transfer") {
			body = c.body + "\n transfer from 192.0.2.1"
		}
		_, err := parseText(t, "secondaryplus example.org {\n "+body+"\n}")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "Testfile:") {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestAFallbackIsTheFileOfOneZone(t *testing.T) {
	_, err := parseText(t, "secondaryplus a.example b.example {\n transfer from 192.0.2.1\n fallback db\n}")
	if err == nil || !strings.Contains(err.Error(), "Testfile:3 - Error during parsing: a fallback file is that of one zone, and the stanza has 2") {
		t.Errorf("got %v", err)
	}
}

func TestStaleIsOffATimeOrForever(t *testing.T) {
	for _, c := range []struct {
		line  string
		after time.Duration
		ttl   uint32
	}{
		{"", 0, 30},
		{"stale off", 0, 30},
		{"stale off ttl 2m", 0, 120},
		{"stale 36h", 36 * time.Hour, 30},
		{"stale 1s ttl 1s", time.Second, 1},
		{"stale forever ttl 5s", forever, 5},
	} {
		configs, err := parseText(t, "secondaryplus example.org {\n transfer from 192.0.2.1\n "+c.line+"\n}")
		if err != nil || configs[0].stale != c.after || configs[0].staleTTL != c.ttl {
			t.Errorf("%q: %+v, %v", c.line, configs, err)
		}
	}
}

func TestAPrimaryGivenTwiceIsOnePrimary(t *testing.T) {
	configs, err := parseText(t, "secondaryplus example.org {\n transfer from 192.0.2.1 192.0.2.2\n transfer from 192.0.2.1:53\n}")
	if err != nil || len(configs[0].primaries) != 2 {
		t.Errorf("%v, %v", configs, err)
	}
}

func TestAZoneGivenTwiceIsAnError(t *testing.T) {
	configs, err := parseText(t, "secondaryplus example.org {\n transfer from 192.0.2.1\n}\nsecondaryplus EXAMPLE.org {\n transfer from 192.0.2.2\n}")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newPlugin(configs); err == nil || !strings.Contains(err.Error(), "zone example.org. is given twice") {
		t.Errorf("got %v", err)
	}
}

func TestTheFirstNotifyRuleThatMatchesDecides(t *testing.T) {
	configs, err := parseText(t, `secondaryplus example.org {
		transfer from 192.0.2.53
		notify deny 192.0.2.66
		notify allow 192.0.2.0/24 key key.example.
		notify allow 2001:DB8:0:0::1
	}`)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlugin(configs)
	if err != nil {
		t.Fatal(err)
	}
	s := p.order[0]
	for _, c := range []struct {
		name, from, key string
		allowed         bool
	}{
		{"a denied address", "192.0.2.66", "key.example.", false},
		{"a prefix with its key", "192.0.2.7", "key.example.", true},
		{"a prefix without the key", "192.0.2.7", "", false},
		{"a prefix with another key", "192.0.2.7", "other.", false},
		{"an address in another spelling", "2001:db8::1", "", true},
		{"a stranger", "198.51.100.1", "", false},
		{"the primary, by no rule", "192.0.2.53", "", true},
		{"the primary, mapped into IPv6", "::ffff:192.0.2.53", "", true},
	} {
		if got := s.permits(netip.MustParseAddr(c.from), c.key); got != c.allowed {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
