package nsfailover

import (
	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/transfer"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A versioned plugin has zones whose versions can be looked at: secondaryplus.
type versioned interface {
	Zones() []owner.Name
	Current(apex owner.Name) (*zone.Version, bool)
}

// watchOver has the nameservers of a server block's zones watched while it runs. It comes after the instance itself, which
// has the alerts.
func watchOver(c *caddy.Controller, i *instance) {
	site, list := i.site, i.block.watches
	if len(list) == 0 {
		return
	}
	w := newWatch(list)
	w.Of = i.of
	c.OnStartup(func() error {
		w.server = i.server
		w.secondary, _ = site.Handler("secondaryplus").(versioned)
		w.others = authorities(site.Handlers())
		w.named = namedZones(list, c.ServerBlockKeys, w.secondary != nil)
		if len(w.named) == 0 && w.secondary == nil {
			return plugin.Error(pluginName, c.Errf("%s: there is no zone to watch", list[0].where))
		}
		if err := w.findResolvers(); err != nil {
			return plugin.Error(pluginName, err)
		}
		watching.shifts.Attach(w)
		return nil
	})
	c.OnShutdown(func() error { watching.shifts.Detach(w); return nil })
	c.OnRestartFailed(func() error { watching.shifts.Failed(); return nil })
}

// authorities are the plugins of a server block with zones of their own, but for secondaryplus.
func authorities(all []plugin.Handler) (list []plugin.Handler) {
	for _, h := range all {
		if _, ok := h.(transfer.Transferer); ok && h.Name() != "secondaryplus" {
			list = append(list, h)
		}
	}
	return list
}

// namedZones are the zones that are watched whoever serves them: those that stanzas name, and if a stanza names none and
// there is no secondaryplus, the keys of the server block.
func namedZones(list []*watchConfig, keys []string, secondary bool) (named []owner.Name) {
	for _, c := range list {
		named = append(named, c.zones...)
		if len(c.zones) > 0 || secondary {
			continue
		}
		for _, key := range plugin.OriginsFromArgsOrServerBlock(nil, keys) {
			if apex, err := owner.Parse(key); err == nil && key != "." {
				named = append(named, apex)
			}
		}
	}
	return named
}

// findResolvers takes those of the system where a stanza has none.
func (w *watch) findResolvers() error {
	var system *dns.ClientConfig
	for _, c := range w.stanzas {
		if len(c.resolvers) > 0 {
			continue
		}
		if system == nil {
			var err error
			if system, err = dns.ClientConfigFromFile("/etc/resolv.conf"); err != nil {
				return err
			}
		}
		if w.resolvers[c] = systemResolvers(system); len(w.resolvers[c]) == 0 {
			log.Warningf("watch at %s: there is no resolver: what is not in the zone is not known", c.where)
		}
	}
	return nil
}
