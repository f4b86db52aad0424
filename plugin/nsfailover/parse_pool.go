package nsfailover

import (
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/pool"
)

// pool parses: pool NAME { ... }.
func (p *parser) pool(args []string) error {
	arg, err := p.one(args)
	if err != nil {
		return err
	}
	name, err := p.name(arg)
	if err != nil {
		return err
	}
	c := newPoolConfig(name, p.here())
	if err := p.fits(c); err != nil {
		return err
	}
	if err := p.properties(p.poolProperties(c)); err != nil {
		return err
	}
	if err := p.whole(c); err != nil {
		return err
	}
	p.pools = append(p.pools, c)
	return nil
}

// poolProperties are what a pool may contain.
func (p *parser) poolProperties(c *poolConfig) map[string]func([]string) error {
	list := map[string]func([]string) error{
		"primary":  p.memberList(&c.primary),
		"backup":   p.memberList(&c.backup),
		"check":    func(args []string) error { return p.check(c, args) },
		"min_up":   p.oneCount(&c.params.MinUp),
		"all_down": func(args []string) error { return p.allDown(c, args) },
		"ttl":      func(args []string) error { return p.ttls(c, args) },
		"failback": func(args []string) error { return p.failback(c, args) },
		"family":   func(args []string) error { return p.family(c, args) },
		"balance":  func(args []string) error { return p.balance(c, args) },
		"weight":   func(args []string) error { return p.weight(c, args) },
	}
	p.addHealth(list, &c.health, &c.canaries)
	return list
}

// fits says what is wrong with a pool's name.
func (p *parser) fits(c *poolConfig) error {
	for _, other := range p.pools {
		if owner.Equal(other.name, c.name) {
			return p.Errf("pool %s is given twice: the first time at %s", c.name.Canonical(), other.where)
		}
	}
	for _, key := range plugin.OriginsFromArgsOrServerBlock(nil, p.ServerBlockKeys) {
		if zone, err := owner.Parse(key); err == nil && c.name.IsBelowOrEqual(zone) {
			return nil
		}
	}
	return p.Errf("pool %s is outside of the zones of the server block", c.name.Canonical())
}

// whole says what is missing in a pool, or does not go together.
func (p *parser) whole(c *poolConfig) error {
	switch {
	case len(c.primary) == 0:
		return p.Errf("pool %s has no primary address", c.name.Canonical())
	case c.check.kind == "":
		return p.Errf("pool %s has no check: http, https, tcp, dns or file", c.name.Canonical())
	case c.params.MinUp > len(c.primary):
		return p.Errf("min_up %d, and pool %s has %d primary addresses", c.params.MinUp, c.name.Canonical(), len(c.primary))
	case c.balance == pool.Load && c.check.kind != "http" && c.check.kind != "https":
		return p.Errf("balance load needs check http or https")
	}
	for _, a := range c.backup {
		if slices.Contains(c.primary, a) {
			return p.Errf("address %s is primary and backup", a)
		}
	}
	for a := range c.weights {
		if !slices.Contains(c.members(), a) {
			return p.Errf("weight of %s, which is no member", a)
		}
	}
	if err := c.health.Validate(); err != nil {
		return p.Err(err.Error())
	}
	for _, a := range c.members() {
		if _, err := c.checkOf(a); err != nil {
			return p.Err(err.Error())
		}
	}
	return nil
}

func (p *parser) memberList(to *[]netip.Addr) func([]string) error {
	return func(args []string) (err error) {
		if *to != nil {
			return p.Errf("'%s' is given twice", p.Val())
		}
		*to, err = p.addrs(args)
		return err
	}
}

// check parses: check http|https URL [status N] [match REGEXP] | tcp PORT | dns NAME TYPE [expect RDATA] [port N] | file PATH.
func (p *parser) check(c *poolConfig, args []string) (err error) {
	if c.check.kind != "" {
		return p.Errf("check is given twice")
	}
	if len(args) < 2 {
		return p.Errf("check is given as 'check http|https URL', 'check tcp PORT', 'check dns NAME TYPE' or 'check file PATH'")
	}
	s := &c.check
	s.kind = args[0]
	switch s.kind {
	case "http", "https":
		s.url = args[1]
		return p.options(args[2:], map[string]func(string) error{
			"status": func(arg string) (err error) { s.status, err = p.status(arg); return err },
			"match": func(arg string) (err error) {
				if s.match, err = regexp.Compile(arg); err != nil {
					return p.Errf("match: %v", err)
				}
				return nil
			},
		})
	case "tcp":
		s.port, err = p.port(args[1])
		return errors.Join(err, p.options(args[2:], nil))
	case "dns":
		return p.checkDNS(s, args[1:])
	case "file":
		s.path = args[1]
		return p.options(args[2:], nil)
	}
	return p.Errf("unknown check '%s': http, https, tcp, dns or file", s.kind)
}

func (p *parser) checkDNS(s *checkSpec, args []string) error {
	name, err := p.name(args[0])
	if err != nil {
		return err
	}
	if len(args) < 2 {
		return p.Errf("check dns needs a type")
	}
	var ok bool
	if s.rrtype, ok = dns.StringToType[strings.ToUpper(args[1])]; !ok {
		return p.Errf("not a type: '%s'", args[1])
	}
	s.name, s.port = name.String(), 53
	return p.options(args[2:], map[string]func(string) error{
		"expect": func(arg string) error { s.expect = arg; return nil },
		"port":   func(arg string) (err error) { s.port, err = p.port(arg); return err },
	})
}

// options reads pairs of a word and its argument.
func (p *parser) options(args []string, known map[string]func(string) error) error {
	for ; len(args) > 0; args = args[2:] {
		option, ok := known[args[0]]
		if !ok || len(args) < 2 {
			return p.Errf("not understood: '%s'", args[0])
		}
		if err := option(args[1]); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) port(arg string) (uint16, error) {
	n, err := strconv.ParseUint(arg, 10, 16)
	if err != nil || n == 0 {
		return 0, p.Errf("not a port: '%s'", arg)
	}
	return uint16(n), nil
}

func (p *parser) status(arg string) (int, error) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 100 || n > 599 {
		return 0, p.Errf("not an HTTP status: '%s'", arg)
	}
	return n, nil
}

func (p *parser) allDown(c *poolConfig, args []string) error {
	arg, err := p.one(args)
	if err != nil {
		return err
	}
	at := slices.Index(pool.Policies[:], arg)
	if at < 0 {
		return p.Errf("all_down is one of primary, backup, all, last, empty, servfail, not '%s'", arg)
	}
	c.params.WhenDown = pool.WhenDown(at)
	return nil
}

// ttls parses: ttl DEGRADED MAX, in seconds.
func (p *parser) ttls(c *poolConfig, args []string) error {
	if len(args) != 2 {
		return p.Errf("ttl is given as 'ttl DEGRADED MAX'")
	}
	for i, to := range []*uint32{&c.degraded, &c.most} {
		n, err := p.count(args[i])
		if err != nil {
			return err
		}
		if n > int(longest/time.Second) {
			return p.Errf("a TTL of %d s", n)
		}
		*to = uint32(n)
	}
	return nil
}

// failback parses: failback auto [DURATION]|manual.
func (p *parser) failback(c *poolConfig, args []string) (err error) {
	switch {
	case len(args) == 1 && args[0] == "manual":
		c.params.Failback = -1
		return nil
	case len(args) == 1 && args[0] == "auto":
		c.params.Failback = pool.Defaults().Failback
		return nil
	case len(args) == 2 && args[0] == "auto":
		c.params.Failback, err = p.duration(args[1])
		return err
	}
	return p.Errf("failback is given as 'failback auto [DURATION]' or 'failback manual'")
}

func (p *parser) family(c *poolConfig, args []string) error {
	if len(args) != 1 || args[0] != "independent" && args[0] != "linked" {
		return p.Errf("family is 'independent' or 'linked'")
	}
	c.params.Linked = args[0] == "linked"
	return nil
}

// balance parses: balance all|one|weighted|rtt|load [HEADER].
func (p *parser) balance(c *poolConfig, args []string) error {
	if len(args) == 0 {
		return p.ArgErr()
	}
	at := slices.Index(pool.Balances[:], args[0])
	switch {
	case at < 0:
		return p.Errf("balance is one of all, one, weighted, rtt, load, not '%s'", args[0])
	case pool.Balance(at) == pool.Load && len(args) == 2:
		c.loadHeader = args[1]
	case pool.Balance(at) == pool.Load:
		return p.Errf("balance load needs the header that has the load")
	case len(args) > 1:
		return p.ArgErr()
	}
	c.balance = pool.Balance(at)
	return nil
}

// mostWeight is what a weight may be: that of an SRV record (RFC 2782). The weights of a pool have a sum.
const mostWeight = 65535

// weight parses: weight ADDR N.
func (p *parser) weight(c *poolConfig, args []string) error {
	if len(args) != 2 {
		return p.Errf("weight is given as 'weight ADDR N'")
	}
	list, err := p.addrs(args[:1])
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 1 || n > mostWeight {
		return p.Errf("not a weight from 1 to %d: '%s'", mostWeight, args[1])
	}
	c.weights[list[0]] = n
	return nil
}
