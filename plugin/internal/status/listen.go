package status

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

var errNoAddress = errors.New("not an address with a port")

// ParseListen reads 192.0.2.1:8053, [2001:db8::1]:8053, :8053 (all addresses) and 8053 (127.0.0.1).
func ParseListen(arg string) (netip.AddrPort, error) {
	host, port := netip.IPv6Unspecified(), strings.TrimPrefix(arg, ":")
	if port == arg {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if n, err := strconv.ParseUint(port, 10, 16); err == nil && n > 0 {
		return netip.AddrPortFrom(host, uint16(n)), nil
	}
	addr, err := netip.ParseAddrPort(arg)
	if err != nil || addr.Port() == 0 {
		return netip.AddrPort{}, errNoAddress
	}
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), nil
}
