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
	p.key, p.secrets = c.ServerBlockKeys[0], site.TsigSecret
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

	c.OnFirstStartup(func() error { p.first = true; return nil })
	c.OnStartup(func() error {
		p.view = site.ViewName
		if t, ok := dnsserver.GetConfig(c).Handler("transfer").(*transfer.Transfer); ok {
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

// siblingsKey is where an instance of CoreDNS keeps its plugins of this kind.
type siblingsKey struct{}

// running says whether the instance is still one of CoreDNS's. A restart "fails" also when the new instance
// serves already and the shutdown of some plugin of the old one returned an error.
func (s *siblings) running() bool { return s.instance() != nil }

// instance is the one that the plugins belong to, as long as it is one of CoreDNS's. It is from the beginning
// of the setup.
func (s *siblings) instance() *caddy.Instance {
	for _, instance := range caddy.Instances() {
		instance.StorageMu.RLock()
		own := instance.Storage[siblingsKey{}]
		instance.StorageMu.RUnlock()
		if own == s {
			return instance
		}
	}
	return nil
}

func siblingsOf(c *caddy.Controller, p *Plugin) *siblings {
	s, ok := c.Get(siblingsKey{}).(*siblings)
	if !ok {
		s = new(siblings)
		c.Set(siblingsKey{}, s)
	}
	s.plugins = append(s.plugins, p)
	return s
}
