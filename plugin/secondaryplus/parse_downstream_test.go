package secondaryplus

import (
	"net/netip"
	"testing"
)

func TestDownstreamRules(t *testing.T) {
	configs, err := parseText(t, `secondaryplus example.org {
		transfer from 192.0.2.1
		transfer to 192.0.2.2 192.0.2.3:5353 [2001:DB8:0:0::2]:53 ::ffff:192.0.2.4
		transfer to 198.51.100.7/24 2001:db8::/32 key KEY.example hmac-sha512
		transfer to * key key.example.
	}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ prefix, addr, key string }{
		{"192.0.2.2/32", "192.0.2.2:53", ""},
		{"192.0.2.3/32", "192.0.2.3:5353", ""},
		{"2001:db8::2/128", "[2001:db8::2]:53", ""},
		{"192.0.2.4/32", "192.0.2.4:53", ""},
		{"198.51.100.0/24", "", "key.example. (hmac-sha512)"},
		{"2001:db8::/32", "", "key.example. (hmac-sha512)"},
		{"", "", "key.example. (hmac-sha256)"},
	}
	rules := configs[0].downstream
	if len(rules) != len(want) {
		t.Fatalf("%d rules: %+v", len(rules), rules)
	}
	for i, w := range want {
		key := ""
		if rules[i].key != nil {
			key = rules[i].key.String()
		}
		var prefix netip.Prefix
		if w.prefix != "" {
			prefix = netip.MustParsePrefix(w.prefix)
		}
		var addr netip.AddrPort
		if w.addr != "" {
			addr = netip.MustParseAddrPort(w.addr)
		}
		if rules[i].prefix != prefix || rules[i].addr != addr || key != w.key {
			t.Errorf("rule %d is %+v, want %+v", i, rules[i], w)
		}
	}
}
