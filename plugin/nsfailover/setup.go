// Package nsfailover is a CoreDNS plugin that knows which addresses are healthy, and answers with those.
package nsfailover

import (
	"fmt"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	clog "github.com/coredns/coredns/plugin/pkg/log"

	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

const pluginName = "nsfailover"

var log = clog.NewWithPlugin(pluginName)

func init() { plugin.Register(pluginName, setup) }

func setup(c *caddy.Controller) error {
	b, err := parse(c)
	if err != nil {
		return plugin.Error(pluginName, err)
	}
	site := dnsserver.GetConfig(c)
	p := &Plugin{zones: zonesOf(b.pools, c.ServerBlockKeys)}
	i := &instance{of: corefile.Of(c), site: site, key: c.ServerBlockKeys[0], block: b}
	process.setUp(i)
	c.OnStartup(func() (err error) {
		process.tellApart(i.of)
		if b.peers != nil {
			if err := p.meet(b.peers, site); err != nil {
				return plugin.Error(pluginName, err)
			}
		}
		if b.primaries != nil {
			if err := i.rank(site); err != nil {
				return plugin.Error(pluginName, err)
			}
		}
		if p.pools, err = process.attach(i); err != nil {
			return plugin.Error(pluginName, err)
		}
		return nil
	})
	c.OnShutdown(func() error { process.detach(i); return nil })
	c.OnRestartFailed(func() error { process.failed(); return nil })
	watchOver(c, i)
	if len(b.pools) > 0 || b.peers != nil {
		site.AddPlugin(func(next plugin.Handler) plugin.Handler {
			p.Next = next
			return p
		})
	}
	return nil
}

// A secondary is the plugin whose zones peers are asked for.
type secondary interface {
	Standing(qname string, qtype uint16) (refresh.Standing, bool)
}

// meet finds it.
func (p *Plugin) meet(c *peersConfig, site *dnsserver.Config) error {
	s, ok := site.Handler("secondaryplus").(secondary)
	if !ok {
		return fmt.Errorf("%s - Error during parsing: peers need secondaryplus in the server block", c.where)
	}
	p.peers, p.standing = &peers{config: c}, s.Standing
	return nil
}

// rank has the primaries of secondaryplus looked after.
func (i *instance) rank(site *dnsserver.Config) error {
	c := i.block.primaries
	s, ok := site.Handler("secondaryplus").(ranking)
	if !ok {
		return fmt.Errorf("%s - Error during parsing: primaries need secondaryplus in the server block", c.where)
	}
	i.ranked = newRanked(i.server, c, s)
	return c.fits(i.ranked.list)
}

// zonesOf are the keys of the server block, in which there are pools.
func zonesOf(pools []*poolConfig, keys []string) (list []string) {
	for _, key := range plugin.OriginsFromArgsOrServerBlock(nil, keys) {
		zone, err := owner.Parse(key)
		if err != nil {
			continue
		}
		for _, c := range pools {
			if c.name.IsBelowOrEqual(zone) {
				list = append(list, key)
				break
			}
		}
	}
	return list
}
