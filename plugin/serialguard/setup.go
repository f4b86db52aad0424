// Package serialguard is a CoreDNS plugin that keeps bad versions of a zone from replacing good ones.
package serialguard

import (
	"fmt"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

const pluginName = "serialguard"

func init() { plugin.Register(pluginName, setup) }

// A guarded plugin asks a gate before it publishes a version of a zone. It is told so before its zones begin.
type guarded interface{ Guard(refresh.Gate) }

// setup parses the stanzas of a server block. The plugin has no part in queries, and is no handler.
func setup(c *caddy.Controller) error {
	site := dnsserver.GetConfig(c)
	stanzas, err := parse(c)
	if err != nil {
		return plugin.Error(pluginName, err)
	}
	g := &gate{server: c.ServerBlockKeys[0], stanzas: stanzas}
	where := fmt.Sprintf("%s:%d", c.File(), c.Line())
	c.OnStartup(func() error {
		if site.ViewName != "" {
			g.server += "/" + site.ViewName
		}
		p, ok := site.Handler("secondaryplus").(guarded)
		if !ok {
			return plugin.Error(pluginName, fmt.Errorf("%s - Error during parsing: there is no secondaryplus in the server block whose zones could be guarded", where))
		}
		p.Guard(g)
		return nil
	})
	return nil
}
