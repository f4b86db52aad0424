package nsfailover

import (
	"testing"

	"github.com/coredns/caddy"
)

// Whatever is in the Corefile, it is understood or refused, and what is understood can be made.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"nsfailover pool www.example.org {\nprimary 192.0.2.1 2001:db8::1\nbackup 192.0.2.2\ncheck http http://www.example.org/ status 200 match ok\n}",
		"nsfailover pool www.example.org {\nprimary 192.0.2.1\ncheck dns a.example.org A expect 192.0.2.1 port 53\nbalance weighted\nweight 192.0.2.1 3\nttl 5 10\nfailback auto 1m\n}",
		"nsfailover pool www.example.org {\nprimary 192.0.2.1\ncheck file /run/{addr}\nall_down servfail\nfamily linked\nmin_up 1\ninterval 5s fast 2s down 9s\nflap 4 10m penalty 1m cap 2m\n}",
		"nsfailover peers 192.0.2.1 [2001:db8::1]:53 {\nwhen held servfail\n}\nnsfailover report {\nwebhook https://x/\n}",
		"nsfailover primaries {\ncheck soa tcp\npassive off\npin_tolerance 1m\nrtt_band 10ms\n}\nnsfailover quorum {\netcd http://127.0.0.1:1\nas a\nagree 2\n}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := caddy.NewTestController("dns", text)
		c.ServerBlockKeys = []string{"example.org."}
		b, err := parse(c)
		if err != nil {
			return
		}
		for _, p := range b.pools {
			newRuntime(poolID{"example.org.", p.name.Canonical()}, p).end()
		}
	})
}
