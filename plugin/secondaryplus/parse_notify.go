package secondaryplus

import (
	"net/netip"
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/notify"
)

// alsoNotify parses: also_notify ADDRESS... [key NAME [ALGORITHM]].
func (s *stanza) alsoNotify() error {
	addrs, keyArgs := splitKey(s.RemainingArgs())
	if len(addrs) == 0 {
		return s.ArgErr()
	}
	key, err := s.key(keyArgs)
	if err != nil {
		return err
	}
	for _, arg := range addrs {
		addr, err := parseAddrPort(arg, dnsPort)
		if err != nil {
			return s.Errf("whom to notify is an IP address with or without a port, not '%s'", arg)
		}
		at := targetAt(s.config.also, addr)
		switch {
		case at < 0:
			s.config.also = append(s.config.also, notify.Target{Addr: addr, Key: key})
		case !sameKey(s.config.also[at].Key, key):
			return s.Errf("%s is to be notified twice, with different keys", addr)
		}
	}
	return nil
}

func targetAt(list []notify.Target, addr netip.AddrPort) int {
	return slices.IndexFunc(list, func(t notify.Target) bool { return t.Addr == addr })
}

// targets are the secondaries to tell of new versions: those of `also_notify`, and the single addresses of
// `transfer to`. An address that is in both is told with the key of `also_notify`.
func (c *config) targets() []notify.Target {
	list := slices.Clone(c.also)
	for _, r := range c.downstream {
		if r.addr.IsValid() && targetAt(list, r.addr) < 0 {
			list = append(list, notify.Target{Addr: r.addr, Key: r.key})
		}
	}
	for i, t := range list {
		list[i].Source = c.source4
		if t.Addr.Addr().Is6() {
			list[i].Source = c.source6
		}
	}
	return list
}
