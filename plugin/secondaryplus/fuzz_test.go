package secondaryplus

import (
	"testing"

	"github.com/coredns/caddy"
)

// Whatever a Corefile says, it is either refused or makes zones that have primaries and sane bounds.
func FuzzCorefile(f *testing.F) {
	f.Add("secondaryplus example.org 10.0.0.0/8 {\n transfer from 192.0.2.1 [2001:db8::1]:5353 key key.example. hmac-sha512\n}")
	f.Add("secondaryplus {\n transfer from 192.0.2.1\n notify deny 192.0.2.0/24 * key key.example\n refresh 1s 2s\n limit size 4GiB\n limit rate 1kB/s\n}")
	f.Add("secondaryplus \"a b\\000c\" {\n transfer from ::ffff:192.0.2.1\n source ::1 127.0.0.1\n ixfr off\n fallthrough example.org\n}")
	f.Add("secondaryplus example.org {\n transfer from 192.0.2.1\n stale 36h ttl 10s\n fallback db.example.org\n}")
	f.Add("secondaryplus {\n tls\n tls_servername primary.test\n transfer from tls://192.0.2.1 tls://[2001:db8::1]:8853\n tls_pin 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n}")
	f.Add("secondaryplus {\n transfer from 192.0.2.1\n status [::1]:8053\n transfers 10 2\n metrics all\n}\nsecondaryplus a {\n transfer from 192.0.2.1\n status 8053\n}")
	f.Add("secondaryplus catalog.example {\n transfer from 192.0.2.1\n catalog example.org 10.0.0.0/8\n group \"a b\" transfer from 192.0.2.2 key key.example\n}")
	f.Fuzz(func(t *testing.T, text string) {
		c := caddy.NewTestController("dns", text)
		c.ServerBlockKeys = []string{"dns://block.example.:53"}
		configs, err := parse(c, testSecrets)
		if err != nil {
			return
		}
		if g := settingsOf(c); g.status.value.addr.IsValid() && g.status.value.tokenFile == "" && !g.status.value.addr.Addr().IsLoopback() {
			t.Fatalf("accepted: %+v", g)
		}
		for _, c := range configs {
			l := c.limits
			if len(c.zones) == 0 || len(c.primaries) == 0 || l.Records <= 0 || l.Octets <= 0 || l.Rate <= 0 || l.Time <= 0 || l.Idle <= 0 || l.Connect <= 0 {
				t.Fatalf("accepted: %+v", c)
			}
			if c.stale < 0 || c.staleTTL == 0 || c.staleTTL > maxTTL || c.fallback.path != "" && len(c.zones) != 1 {
				t.Fatalf("accepted stale %v, TTL %d, fallback %q of %d zones", c.stale, c.staleTTL, c.fallback, len(c.zones))
			}
			for _, r := range []struct{ Min, Max int64 }{
				{int64(c.clamps.Refresh.Min), int64(c.clamps.Refresh.Max)},
				{int64(c.clamps.Retry.Min), int64(c.clamps.Retry.Max)},
				{int64(c.clamps.Expire.Min), int64(c.clamps.Expire.Max)},
			} {
				if r.Min <= 0 || r.Min > r.Max {
					t.Fatalf("accepted clamps %+v", c.clamps)
				}
			}
		}
		if _, err := newPlugin(configs); err != nil {
			return // the same zone twice
		}
	})
}
