package nsfailover

import (
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

// primaries parses: primaries { ... }.
func (p *parser) primaries(args []string) error {
	if len(args) > 0 {
		return p.ArgErr()
	}
	if p.block.primaries != nil {
		return p.Errf("primaries are given twice: the first time at %s", p.block.primaries.where)
	}
	c := &primariesConfig{health: health.Defaults(), where: p.here()}
	p.block.primaries = c
	if err := p.properties(p.primariesProperties(c)); err != nil {
		return err
	}
	if err := c.health.Validate(); err != nil {
		return p.Err(err.Error())
	}
	return nil
}

func (p *parser) primariesProperties(c *primariesConfig) map[string]func([]string) error {
	list := map[string]func([]string) error{
		"check":         func(args []string) error { return p.checkSOA(c, args) },
		"passive":       func(args []string) error { return p.passive(c, args) },
		"pin_tolerance": p.oneDuration(&c.ranking.Tolerance),
		"rtt_band":      p.oneDuration(&c.ranking.Band),
	}
	p.addHealth(list, &c.health, &c.canaries)
	return list
}

// checkSOA parses: check soa [tcp|udp|tls].
func (p *parser) checkSOA(c *primariesConfig, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "soa":
		c.over = ""
	case len(args) == 2 && args[0] == "soa" && slices.Contains([]string{"tcp", "udp", overTLS}, args[1]):
		c.over = args[1]
	default:
		return p.Errf("check is given as 'check soa [tcp|udp|tls]'")
	}
	return nil
}

// passive parses: passive N|off.
func (p *parser) passive(c *primariesConfig, args []string) (err error) {
	arg, err := p.one(args)
	if err != nil {
		return err
	}
	if arg == "off" {
		c.health.Passive = 0
		return nil
	}
	c.health.Passive, err = p.count(arg)
	return err
}
