// Package serialguard is a CoreDNS plugin that keeps bad versions of a zone from replacing good ones.
package serialguard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	clog "github.com/coredns/coredns/plugin/pkg/log"

	"github.com/understudy-dns/understudy/plugin/corefile"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

const (
	pluginName  = "serialguard"
	guardedName = "secondaryplus"
)

var log = clog.NewWithPlugin(pluginName)

func init() { plugin.Register(pluginName, setup) }

// A guarded plugin asks a gate before it publishes a version of a zone. It is told so before its zones begin, and tells
// how each of them is kept up to date.
type guarded interface {
	Guard(refresh.Gate) map[string]*refresh.Config
	// Identity tells its zones from those of the same name in other server blocks.
	Identity() (key, view string)
	Refresh(*refresh.Zone)
	// Serves says whether a zone is one of its own.
	Serves(owner.Name) bool
}

// setup parses the stanzas of a server block. The plugin has no part in queries, and is no handler.
func setup(c *caddy.Controller) error {
	stanzas, err := parse(c)
	if err != nil {
		return plugin.Error(pluginName, err)
	}
	b := &block{
		site: dnsserver.GetConfig(c), key: c.ServerBlockKeys[0], stanzas: stanzas, of: corefile.Of(c),
		where: fmt.Sprintf("%s:%d", c.File(), c.Line()),
	}
	c.OnStartup(func() error {
		if err := b.start(); err != nil {
			return plugin.Error(pluginName, err)
		}
		return nil
	})
	c.OnShutdown(func() error { b.end(); return nil })
	c.OnRestartFailed(func() error { watching.shifts.Failed(); process.failed(); return nil })
	return nil
}

// A block is a server block with the plugin in it.
type block struct {
	site    *dnsserver.Config
	key     string
	where   string // in the Corefile
	stanzas []*stanza
	of      *corefile.Corefile
	gate    *gate  // nil: there is nothing to guard
	watch   *watch // nil: there is nothing to watch
}

// server is what the block is called in metrics.
func (b *block) server() string { return corefile.Label(b.key, b.site.ViewName) }

// start finds the plugins whose zones are guarded or watched.
func (b *block) start() error {
	sources := sourcesOf(b.site.Handlers())
	p, guarding := b.site.Handler(guardedName).(guarded)
	if !guarding {
		if err := b.watchable(sources); err != nil {
			return fmt.Errorf("%s - Error during parsing: %w", b.where, err)
		}
	} else if err := b.guard(p); err != nil {
		return err
	}
	if len(sources) == 0 {
		return nil
	}
	b.watch = newWatch(b.server(), b.stanzas, sources)
	b.watch.Of = b.of
	b.watch.place = b.server() + "@" + strings.Join(b.site.ListenHosts, ",") // the same key may be bound twice
	if guarding {
		b.watch.guards = p.Serves
	}
	watching.attach(b.watch)
	return nil
}

// guard takes the zones of p under guard.
func (b *block) guard(p guarded) error {
	key, view := p.Identity()
	b.gate = &gate{key: key, view: view, server: corefile.Label(key, view), stanzas: b.stanzas, of: b.of, refresh: p.Refresh}
	if err := b.gate.fit(p.Guard(b.gate)); err != nil {
		return err
	}
	process.attach(b.gate)
	return nil
}

// watchable says why zones cannot be watched where there are none to guard.
func (b *block) watchable(sources []source) error {
	if len(sources) == 0 {
		return fmt.Errorf("there is no %s in the server block whose zones could be guarded, and no other plugin whose zones could be watched, such as file or auto", guardedName)
	}
	if slices.ContainsFunc(b.stanzas, func(s *stanza) bool { return s.enforce }) {
		return fmt.Errorf("'mode enforce' needs %s; the zones of '%s' can only be observed", guardedName, sources[0].name)
	}
	return nil
}

func (b *block) end() {
	if b.watch != nil {
		watching.shifts.Detach(b.watch)
	}
	if b.gate != nil {
		process.detach(b.gate)
	}
}

// fit checks the stanzas against the zones, and opens the state directories.
func (g *gate) fit(zones map[string]*refresh.Config) error {
	for name, config := range zones {
		apex, err := owner.Parse(name)
		if err != nil {
			return err
		}
		s := of(g.stanzas, apex)
		if s == nil {
			continue
		}
		if err := s.check(name, config); err != nil {
			return err
		}
		if dir := s.dir(config); dir != "" {
			if _, err := process.open(dir); err != nil {
				return fmt.Errorf("%s - state_dir: %w", cmp.Or(s.where["state_dir"], name), err)
			}
		}
	}
	return nil
}
