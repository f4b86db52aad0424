package secondaryplus

import (
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/coredns/coredns/plugin/pkg/fall"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/notify"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// config is one stanza of the Corefile: plain data, nothing opened, nothing started.
type config struct {
	zones            []owner.Name
	primaries        []xfr.Primary
	tls              *xfr.TLS // of the primaries that are asked over TLS
	ixfr             bool
	clamps           timers.Clamps
	limits           xfr.Limits
	source4, source6 netip.Addr
	notify           acl
	also             []notify.Target  // `also_notify`, without source addresses
	downstream       []downstreamRule // `transfer to`, in the order of the Corefile
	downstreamAt     place            // where the first of them is
	room             zone.Room        // for kept deltas
	ratio            int              // percent of the zone, beyond which kept deltas are not sent
	fall             fall.F
	zonemd           guard.Mode
	persist          string        // the state directory; empty: nothing is kept on disk
	stale            time.Duration // for how long the zones are answered from after their lease; 0: not at all
	staleTTL         uint32        // of what is answered then, at most, in seconds
	fallback         fallbackFile
	catalog          *scope  // the zones are catalog zones; nil: they are not
	groups           []group // of members, in the order of the Corefile
}

// downstreamRule is one ADDRESS, PREFIX or * of `transfer to`: who may have our zones.
type downstreamRule struct {
	prefix netip.Prefix   // the zero Prefix matches every address
	addr   netip.AddrPort // valid if a single ADDRESS[:PORT] was given: that one is notified, too; its port is for NOTIFY only
	key    *xfr.Key       // nil: a key is not asked for
}

// scope are the zones of `catalog`: a member must be one of them or lie below one. Without any, all may be members.
type scope struct{ zones []owner.Name }

func (s *scope) admits(name owner.Name) bool {
	return len(s.zones) == 0 || slices.ContainsFunc(s.zones, name.IsBelowOrEqual)
}

// group is a group of members that have other primaries than the catalog.
type group struct {
	name      string
	primaries []xfr.Primary
}

func defaults() config {
	return config{
		tls: new(xfr.TLS), ixfr: true, ratio: 100, clamps: timers.DefaultClamps(), limits: xfr.DefaultLimits(),
		staleTTL: defaultStaleTTL,
	}
}

// refresh is the part of the configuration that keeps a zone up to date.
func (c *config) refresh() *refresh.Config {
	return &refresh.Config{
		Primaries: c.primaries,
		Fetcher:   &xfr.Client{Limits: c.limits, Source4: c.source4, Source6: c.source6, Pool: &process.kept},
		IXFR:      c.ixfr,
		Clamps:    c.clamps,
		Rules:     guard.Rules{Records: c.limits.Records, Octets: int(min(c.limits.Octets, math.MaxInt)), ZONEMD: c.zonemd},
		Room:      c.room,
		Dir:       c.persist,
	}
}

// acl is the list of `notify` rules; the first that matches decides.
type acl []rule

type rule struct {
	allow  bool
	prefix netip.Prefix // the zero Prefix matches every address
	key    string       // lower case, with the final dot; empty: a key is not asked for
}

// decide says what the rules say of a sender; decided is false when none of them matches. key is the name
// of the TSIG key that the message was signed with and verified by, empty for an unsigned one.
func (a acl) decide(from netip.Addr, key string) (allowed, decided bool) {
	from = from.Unmap().WithZone("")
	for _, r := range a {
		if r.prefix.IsValid() && !r.prefix.Contains(from) {
			continue
		}
		if r.key != "" && r.key != key {
			continue
		}
		return r.allow, true
	}
	return false, false
}
