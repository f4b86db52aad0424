package nswatch

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

// Systems says in which autonomous system an address is; 0: it is not known.
type Systems func(netip.Addr) uint32

// shared finds a set of nameservers that fails as a whole (RFC 2182 §3.1): fewer than two of them, or all addresses in
// one network, a /24 of IPv4 and a /48 of IPv6.
func shared(r *Round, out *Report) {
	servers := r.Names()
	if len(servers) == 0 {
		return
	}
	at := Subject{Kind: Shared, What: Single}
	if len(servers) < 2 {
		out.found(at, false, fmt.Sprintf("there is one nameserver, %s: a single point of failure", servers[0]))
	} else {
		out.good(at)
	}
	list, all := r.addresses(servers)
	if len(list) == 0 {
		return
	}
	at.What = Prefix
	networks := [2]map[netip.Prefix]bool{{}, {}}
	for _, a := range list {
		family := 0
		if a.Is6() {
			family = 1
		}
		networks[family][health.Network(a)] = true
	}
	switch {
	case len(networks[0]) > 1 || len(networks[1]) > 1:
		out.good(at)
	case all:
		out.found(at, false, fmt.Sprintf("all nameservers are in one network, that of %s: they fail together", addresses(list[:1])))
	}
}

// addresses are those of the nameservers; all is false if one of them has none that is known.
func (r *Round) addresses(servers []string) (list []netip.Addr, all bool) {
	all = true
	for _, name := range servers {
		known := r.Hosts[name]
		if len(known) == 0 && r.Parent != nil {
			known = r.Parent.Glue[name]
		}
		all = all && len(known) > 0
		list = append(list, known...)
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return slices.Compact(list), all
}

// sharedSystem finds that all addresses are in one autonomous system.
func sharedSystem(r *Round, out *Report) {
	list, all := r.addresses(r.Names())
	if len(list) == 0 {
		return
	}
	at := Subject{Kind: Shared, What: ASN}
	found := make(map[uint32]bool)
	for _, a := range list {
		n := r.Systems(a)
		if n == 0 {
			all = false
			continue
		}
		found[n] = true
	}
	switch {
	case len(found) > 1:
		out.good(at)
	case all:
		out.found(at, false, fmt.Sprintf("all nameservers are in AS%d: they fail together", r.Systems(list[0])))
	}
}
