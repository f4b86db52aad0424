package nsfailover

import (
	"net/netip"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// watchConfig is one `watch`. It is not changed after it was made.
type watchConfig struct {
	zones     []owner.Name // none: all for which there is no other stanza
	content   bool
	every     time.Duration
	parent    time.Duration // 0: the parent is not asked
	dnssec    time.Duration // 0: signatures are not looked at
	after     []time.Duration
	protected []nswatch.Question
	resolvers []netip.AddrPort // none: those of /etc/resolv.conf
	port      uint16           // at which nameservers listen
	asn       string           // path of a database; empty: there is none
	where     string           // in the Corefile
}

func newWatchConfig(where string) *watchConfig {
	return &watchConfig{
		where: where, every: 5 * time.Minute, parent: 24 * time.Hour, dnssec: 15 * time.Minute,
		after: []time.Duration{10 * time.Second, time.Minute}, port: 53,
	}
}

// names says whether the stanza is for a zone that it names.
func (c *watchConfig) names(apex owner.Name) bool {
	for _, z := range c.zones {
		if owner.Equal(z, apex) {
			return true
		}
	}
	return false
}

// watchFor is the stanza for a zone; nil: it is not watched.
func watchFor(list []*watchConfig, apex owner.Name) (found *watchConfig) {
	for _, c := range list {
		switch {
		case c.names(apex):
			return c
		case len(c.zones) == 0:
			found = c
		}
	}
	return found
}
