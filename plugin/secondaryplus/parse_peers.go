package secondaryplus

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/coredns/coredns/plugin"

	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

const (
	dnsPort = 53
	tlsPort = 853 // RFC 7858 §3.1
)

// transfer parses: transfer from ADDRESS... [key NAME [ALGORITHM]], and leaves transfer to… to transferTo.
func (s *stanza) transfer() error {
	args := s.RemainingArgs()
	if len(args) == 0 {
		return s.ArgErr()
	}
	switch args[0] {
	case "from":
		return s.transferFrom(args[1:], &s.config.primaries)
	case "to":
		return s.transferTo(args[1:])
	}
	return s.Errf("unknown property 'transfer %s'", args[0])
}

// transferFrom adds ADDRESS... [key NAME [ALGORITHM]] to a list of primaries.
func (s *stanza) transferFrom(args []string, primaries *[]xfr.Primary) error {
	addrs, keyArgs := splitKey(args)
	if len(addrs) == 0 {
		return s.ArgErr()
	}
	key, err := s.key(keyArgs)
	if err != nil {
		return err
	}
	for _, arg := range addrs {
		p, err := s.primary(arg)
		if err != nil {
			return s.Errf("a primary is an IP address with or without a port, not '%s'", arg)
		}
		p.Key = key
		at := slices.IndexFunc(*primaries, func(q xfr.Primary) bool { return p.Addr == q.Addr })
		switch {
		case at < 0:
			*primaries = append(*primaries, p)
		case !sameKey((*primaries)[at].Key, key):
			return s.Errf("primary %s is given twice, with different keys", p.Addr)
		case (*primaries)[at].TLS != p.TLS:
			return s.Errf("primary %s is given twice, with and without TLS", p.Addr)
		}
	}
	return nil
}

func sameKey(a, b *xfr.Key) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.String() == b.String() // its name and algorithm; the secret goes with the name
}

// splitKey parts `ADDRESS... key NAME [ALGORITHM]`; keyArgs is nil when there is no key.
func splitKey(args []string) (addrs, keyArgs []string) {
	i := slices.Index(args, "key")
	if i < 0 {
		return args, nil
	}
	return args[:i], args[i+1:]
}

// key makes the TSIG key of `key NAME [ALGORITHM]`; its secret comes from the tsig plugin.
func (s *stanza) key(args []string) (*xfr.Key, error) {
	if args == nil {
		return nil, nil
	}
	if len(args) < 1 || len(args) > 2 {
		return nil, s.Err("a key is given as 'key NAME [ALGORITHM]'")
	}
	name, algorithm := keyName(args[0]), ""
	if len(args) == 2 {
		algorithm = args[1]
	}
	secret, ok := s.secrets[name]
	if !ok {
		return nil, s.Errf("key '%s' is not defined: add it to the tsig plugin in this server block", name)
	}
	key, err := xfr.NewKey(name, algorithm, secret)
	if err != nil {
		return nil, s.Err(err.Error())
	}
	return key, nil
}

// keyName is a key's name as the tsig plugin spells it.
func keyName(s string) string { return plugin.Name(s).Normalize() }

// notify parses: notify allow|deny ADDRESS|PREFIX|*... [key NAME].
func (s *stanza) notify() error {
	args := s.RemainingArgs()
	if len(args) < 2 || args[0] != "allow" && args[0] != "deny" {
		return s.Err("a rule is given as 'notify allow|deny ADDRESS|PREFIX|*... [key NAME]'")
	}
	addrs, keyArgs := splitKey(args[1:])
	if len(addrs) == 0 || len(keyArgs) > 1 {
		return s.Err("a rule is given as 'notify allow|deny ADDRESS|PREFIX|*... [key NAME]'")
	}
	if _, err := s.key(keyArgs); err != nil {
		return err
	}
	r := rule{allow: args[0] == "allow"}
	if len(keyArgs) == 1 {
		r.key = keyName(keyArgs[0])
	}
	for _, arg := range addrs {
		var err error
		if r.prefix, err = parsePrefix(arg); err != nil {
			return s.Errf("not an address, a prefix or '*': '%s'", arg)
		}
		s.config.notify = append(s.config.notify, r)
	}
	return nil
}

// source parses: source ADDRESS..., at most one of each family.
func (s *stanza) source() error {
	args := s.RemainingArgs()
	if len(args) == 0 {
		return s.ArgErr()
	}
	for _, arg := range args {
		addr, err := netip.ParseAddr(arg)
		if err != nil {
			return s.Errf("not an IP address: '%s'", arg)
		}
		slot := &s.config.source4
		if addr = addr.Unmap(); addr.Is6() {
			slot = &s.config.source6
		}
		if slot.IsValid() {
			return s.Errf("a second source address of the same family: %s", addr)
		}
		*slot = addr
	}
	return nil
}

// parseAddrPort reads an address with or without a port, which then is the one given: 192.0.2.1, 192.0.2.1:53,
// 2001:db8::1, [2001:db8::1]:53.
func parseAddrPort(s string, port uint16) (netip.AddrPort, error) {
	if addr, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return netip.AddrPortFrom(addr.Unmap(), port), nil
	}
	ap, err := netip.ParseAddrPort(s)
	if err != nil || ap.Port() == 0 {
		return netip.AddrPort{}, errNoAddress
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}

// parsePrefix reads an address, a prefix, or *, which is the zero Prefix.
func parsePrefix(s string) (netip.Prefix, error) {
	if s == "*" {
		return netip.Prefix{}, nil
	}
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return prefix.Masked(), nil
}
