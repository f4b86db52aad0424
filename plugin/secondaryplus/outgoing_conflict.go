package secondaryplus

import (
	"bytes"
	"fmt"

	"github.com/coredns/caddy"
	"github.com/coredns/caddy/caddyfile"
	"github.com/coredns/coredns/plugin"
)

// place is a line of the Corefile.
type place struct {
	file string
	line int
}

// checkTransferPlugin refuses a zone that both `transfer to` and the transfer plugin of the server block would
// give away: the plugin would answer first, by rules of its own. What it was configured with it keeps to
// itself, so that the Corefile is read for it.
func checkTransferPlugin(c *caddy.Controller, configs []config) error {
	blocks, err := serverBlocks(c)
	if err != nil || c.ServerBlockIndex >= len(blocks) {
		return err
	}
	d := caddyfile.NewDispenserTokens(c.File(), blocks[c.ServerBlockIndex].Tokens["transfer"])
	for d.Next() {
		there := place{d.File(), d.Line()}
		zones := plugin.Zones(plugin.OriginsFromArgsOrServerBlock(d.RemainingArgs(), c.ServerBlockKeys))
		for d.NextBlock() { // who may transfer does not matter
		}
		if err := givenTwice(configs, zones, there); err != nil {
			return err
		}
	}
	return nil
}

func givenTwice(configs []config, zones plugin.Zones, there place) error {
	for _, c := range configs {
		if len(c.downstream) == 0 {
			continue
		}
		for _, apex := range c.zones {
			if zones.Matches(apex.Canonical()) != "" {
				return fmt.Errorf("%s:%d - Error during parsing: zone %s is given to secondaries by 'transfer to' here and by the transfer plugin in %s:%d: it can be only one of them",
					c.downstreamAt.file, c.downstreamAt.line, apex.Canonical(), there.file, there.line)
			}
		}
	}
	return nil
}

// serverBlocks are those of the Corefile that is being set up; none when that is not known.
func serverBlocks(c *caddy.Controller) ([]caddyfile.ServerBlock, error) {
	own, _ := c.Get(siblingsKey{}).(*siblings)
	instance := own.instance()
	if instance == nil {
		return nil, nil
	}
	corefile := instance.Caddyfile()
	return caddyfile.Parse(corefile.Path(), bytes.NewReader(corefile.Body()), nil)
}
