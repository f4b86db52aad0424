package secondaryplus

import (
	"net/netip"

	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// transferTo parses the arguments of: transfer to ADDRESS|PREFIX|*... [key NAME [ALGORITHM]].
func (s *stanza) transferTo(args []string) error {
	peers, keyArgs := splitKey(args)
	if len(peers) == 0 {
		return s.ArgErr()
	}
	key, err := s.key(keyArgs)
	if err != nil {
		return err
	}
	if len(s.config.downstream) == 0 {
		s.config.downstreamAt = place{s.File(), s.Line()}
	}
	for _, arg := range peers {
		r, err := parseDownstream(arg, key)
		if err != nil {
			return s.Errf("a secondary is an IP address with or without a port, a prefix or '*', not '%s'", arg)
		}
		s.config.downstream = append(s.config.downstream, r)
	}
	return nil
}

// parseDownstream reads an address with or without a port, a prefix, or *.
func parseDownstream(arg string, key *xfr.Key) (downstreamRule, error) {
	if addr, err := parseAddrPort(arg, dnsPort); err == nil {
		only := addr.Addr().WithZone("")
		return downstreamRule{prefix: netip.PrefixFrom(only, only.BitLen()), addr: addr, key: key}, nil
	}
	prefix, err := parsePrefix(arg)
	return downstreamRule{prefix: prefix, key: key}, err
}
