package secondaryplus

import (
	"slices"

	"github.com/coredns/caddy"

	"github.com/understudy-dns/understudy/plugin/corefile"
)

// siblings are the instances of one Corefile.
type siblings struct {
	plugins []*Plugin
	apart   bool // tellApart was called
}

// besides are those but p that have a zone of that name, or the catalog that it comes from.
func (s *siblings) besides(p *Plugin, z *served) (list []*Plugin) {
	if s == nil {
		return nil
	}
	for _, q := range s.plugins {
		if q != p && (q.named(z.name) || z.origin.fromCatalog() && q.named(z.origin.catalog)) {
			list = append(list, q)
		}
	}
	return list
}

// tellApart completes what identifies the zones of each, when all are set up.
func (s *siblings) tellApart() {
	if s.apart {
		return
	}
	s.apart = true
	blocks := make([]corefile.Block, len(s.plugins))
	for i, p := range s.plugins {
		p.view = p.site.ViewName
		blocks[i] = corefile.Block{Key: p.key, View: p.view, Hosts: p.site.ListenHosts}
	}
	for i, key := range corefile.TellApart(blocks) {
		s.plugins[i].key = key
	}
}

// serve says whether one of them has the zone, or the catalog that it comes from, under that very key.
func (s *siblings) serve(m *member) bool {
	return s != nil && slices.ContainsFunc(s.plugins, func(p *Plugin) bool {
		return p.key == m.id.key && (p.named(m.id.zone) || m.origin.fromCatalog() && p.named(m.origin.catalog))
	})
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
