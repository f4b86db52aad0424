package nsfailover

import (
	"strings"
	"time"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// watch parses: watch [ZONES...] { ... }.
func (p *parser) watch(args []string) error {
	c := newWatchConfig(p.here())
	for _, arg := range args {
		name, err := p.name(arg)
		if err != nil {
			return err
		}
		c.zones = append(c.zones, name)
	}
	if err := p.alone(c); err != nil {
		return err
	}
	if err := p.properties(p.watchProperties(c)); err != nil {
		return err
	}
	if c.every < time.Second {
		return p.Errf("every is less than 1s")
	}
	p.watches = append(p.watches, c)
	return nil
}

// watchProperties are what a watch may contain.
func (p *parser) watchProperties(c *watchConfig) map[string]func([]string) error {
	return map[string]func([]string) error{
		"compare":  func(args []string) error { return p.compare(c, args) },
		"every":    p.oneDuration(&c.every),
		"parent":   p.durationOrOff(&c.parent),
		"dnssec":   p.durationOrOff(&c.dnssec),
		"after":    func(args []string) error { return p.after(c, args) },
		"protect":  func(args []string) error { return p.protect(c, args) },
		"resolver": func(args []string) error { return p.endpoints(&c.resolvers, args) },
		"port": func(args []string) error {
			arg, err := p.one(args)
			if err == nil {
				c.port, err = p.port(arg)
			}
			return err
		},
		"asn_db": func(args []string) error { return p.asnDatabase(c, args) },
	}
}

// alone says that another stanza is for one of the zones, too.
func (p *parser) alone(c *watchConfig) error {
	for i, apex := range c.zones {
		for _, earlier := range c.zones[:i] {
			if owner.Equal(earlier, apex) {
				return p.Errf("zone %s is given twice", apex.Canonical())
			}
		}
	}
	for _, other := range p.watches {
		if len(other.zones) == 0 && len(c.zones) == 0 {
			return p.Errf("watch without zones is given twice: the first time at %s", other.where)
		}
		for _, apex := range c.zones {
			if other.names(apex) {
				return p.Errf("zone %s is watched twice: the first time at %s", apex.Canonical(), other.where)
			}
		}
	}
	return nil
}

func (p *parser) compare(c *watchConfig, args []string) error {
	arg, err := p.one(args)
	if err != nil {
		return err
	}
	if arg != "serial" && arg != "content" {
		return p.Errf("compare is 'serial' or 'content', not '%s'", arg)
	}
	c.content = arg == "content"
	return nil
}

func (p *parser) durationOrOff(to *time.Duration) func([]string) error {
	return func(args []string) error {
		arg, err := p.one(args)
		switch {
		case err != nil:
			return err
		case arg == "off":
			*to = 0
			return nil
		}
		if *to, err = p.duration(arg); err == nil && *to < time.Second {
			err = p.Errf("'%s' is less than 1s", arg)
		}
		return err
	}
}

// after parses: after DURATION...
func (p *parser) after(c *watchConfig, args []string) error {
	if len(args) == 0 {
		return p.ArgErr()
	}
	c.after = nil
	for _, arg := range args {
		d, err := p.duration(arg)
		if err != nil {
			return err
		}
		if n := len(c.after); n > 0 && d <= c.after[n-1] {
			return p.Errf("after: %s is not more than the one before", arg)
		}
		c.after = append(c.after, d)
	}
	return nil
}

// protect parses: protect NAME TYPE...
func (p *parser) protect(c *watchConfig, args []string) error {
	if len(args) < 2 {
		return p.Errf("protect is given as 'protect NAME TYPE...'")
	}
	name, err := p.name(args[0])
	if err != nil {
		return err
	}
	for _, arg := range args[1:] {
		rrtype, ok := dns.StringToType[strings.ToUpper(arg)]
		if !ok {
			return p.Errf("not a type: '%s'", arg)
		}
		c.protected = append(c.protected, nswatch.Question{Name: name.Canonical(), Type: rrtype})
	}
	return nil
}

// asnDatabase parses: asn_db PATH. A database that cannot be read is an error at the start, not one nobody sees.
func (p *parser) asnDatabase(c *watchConfig, args []string) error {
	path, err := p.one(args)
	if err != nil {
		return err
	}
	if c.asn, err = readable(path, dnsserver.GetConfig(p.Controller).Root); err != nil {
		return p.Errf("asn_db: %v", err)
	}
	return nil
}
