package nsfailover

import (
	"net/netip"
	"strings"

	"github.com/understudy-dns/understudy/plugin/internal/prober"
)

// checkOf is the check of a member.
func (c *poolConfig) checkOf(a netip.Addr) (prober.Check, error) {
	s := c.check
	switch s.kind {
	case "tcp":
		return prober.TCP(netip.AddrPortFrom(a, s.port), prober.Source{}), nil
	case "dns":
		return prober.DNS{Addr: netip.AddrPortFrom(a, s.port), Name: s.name, Type: s.rrtype, Expect: s.expect}.Check()
	case "file":
		return prober.File(strings.ReplaceAll(s.path, addrWord, a.String())), nil
	}
	return prober.HTTP{Addr: a, URL: s.url, Status: s.status, Match: s.match, Load: c.loadHeader}.Check()
}

// addrWord stands for a member's address in the path of a `check file`.
const addrWord = "{addr}"
