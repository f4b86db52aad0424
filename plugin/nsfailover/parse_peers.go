package nsfailover

import (
	"net/netip"
	"slices"
)

// peers parses: peers ADDRESS[:PORT]... { when unloaded|expired|held|servfail... }.
func (p *parser) peers(args []string) error {
	if p.block.peers != nil {
		return p.Errf("peers are given twice: the first time at %s", p.block.peers.where)
	}
	c := &peersConfig{unloaded: true, expired: true, where: p.here()}
	if err := p.endpoints(&c.addrs, args); err != nil {
		return err
	}
	p.block.peers = c
	return p.properties(map[string]func([]string) error{"when": func(args []string) error { return p.when(c, args) }})
}

func (p *parser) when(c *peersConfig, args []string) error {
	if len(args) == 0 {
		return p.ArgErr()
	}
	states := map[string]*bool{"unloaded": &c.unloaded, "expired": &c.expired, "held": &c.held, "servfail": &c.servfail}
	for _, s := range states {
		*s = false
	}
	for _, arg := range args {
		s, ok := states[arg]
		if !ok {
			return p.Errf("when is some of %s, not '%s'", words(states), arg)
		}
		*s = true
	}
	return nil
}

// endpoints are addresses, with a port or without.
func (p *parser) endpoints(to *[]netip.AddrPort, args []string) error {
	if len(args) == 0 {
		return p.ArgErr()
	}
	const dnsPort = 53
	for _, arg := range args {
		at, err := netip.ParseAddrPort(arg)
		if a, plain := netip.ParseAddr(arg); plain == nil {
			at, err = netip.AddrPortFrom(a, dnsPort), nil
		}
		if err != nil || !at.IsValid() || at.Port() == 0 {
			return p.Errf("not an address: '%s'", arg)
		}
		if slices.Contains(*to, at) {
			return p.Errf("address %s is given twice", at)
		}
		*to = append(*to, at)
	}
	return nil
}
