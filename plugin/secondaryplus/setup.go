// Package secondaryplus is a CoreDNS plugin that makes it a complete secondary nameserver.
package secondaryplus

import (
	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	clog "github.com/coredns/coredns/plugin/pkg/log"
	"github.com/coredns/coredns/plugin/pkg/upstream"
	"github.com/coredns/coredns/plugin/transfer"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

const pluginName = "secondaryplus"

var log = clog.NewWithPlugin(pluginName)

func init() { plugin.Register(pluginName, setup) }

// setup parses the stanzas of a server block and registers one handler for all of them. It opens and
// starts nothing: on reload the new instance is set up while the old one serves.
func setup(c *caddy.Controller) error {
	site := dnsserver.GetConfig(c)
	configs, err := parse(c, site.TsigSecret)
	if err != nil {
		return plugin.Error(pluginName, err)
	}
	p, err := newPlugin(configs)
	if err != nil {
		return plugin.Error(pluginName, c.Err(err.Error()))
	}
	p.site, p.key, p.secrets = site, c.ServerBlockKeys[0], site.TsigSecret
	for _, key := range plugin.OriginsFromArgsOrServerBlock(nil, c.ServerBlockKeys) {
		if name, err := owner.Parse(key); err == nil {
			p.reach = append(p.reach, name)
		}
	}
	p.siblings = siblingsOf(c, p)
	p.settings = settingsOf(c)
	if err := checkTransferPlugin(c, configs); err != nil {
		return plugin.Error(pluginName, err)
	}
	p.upstream = upstream.New()

	// What is called later must not hold c: its tokens are the names of very many zones once more.
	c.OnStartup(func() error {
		p.siblings.tellApart()
		if t, ok := site.Handler("transfer").(*transfer.Transfer); ok {
			p.transfer = t
		}
		if err := p.readFallbacks(site.Root); err != nil {
			return plugin.Error(pluginName, err)
		}
		if err := process.attach(p); err != nil {
			return plugin.Error(pluginName, err)
		}
		return nil
	})
	c.OnRestartFailed(func() error {
		if p.siblings.running() {
			process.abandon()
		} else {
			process.detach(p)
		}
		return nil
	})
	c.OnShutdown(func() error { process.detach(p); return nil })

	keepQueries(site, configs)
	offerDoT(site, configs)
	site.AddPlugin(func(next plugin.Handler) plugin.Handler {
		p.Next = next
		return p
	})
	return nil
}
