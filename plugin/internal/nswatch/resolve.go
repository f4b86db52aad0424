package nswatch

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// A Resolver is asked for what is not in the zone.
type Resolver struct {
	*Asker
	Addrs []netip.AddrPort // in the order in which they are asked
}

var errResolvers = errors.New("no resolver answers")

// resolve is the answer of the first resolver that has one.
func (r *Resolver) resolve(ctx context.Context, q Question) (*dns.Msg, error) {
	last := errResolvers
	for _, at := range r.Addrs {
		m := new(dns.Msg).SetQuestion(q.Name, q.Type)
		m.SetEdns0(ednsSize, false)
		out, err := r.ask(ctx, at, m)
		switch {
		case err != nil:
			last = fmt.Errorf("resolver %s: %w", at, err)
		case out.Rcode != dns.RcodeSuccess && out.Rcode != dns.RcodeNameError:
			last = fmt.Errorf("resolver %s: %s", at, dns.RcodeToString[out.Rcode])
		default:
			return out, nil
		}
	}
	return nil, last
}

// Addresses are those of a name, in order.
func (r *Resolver) Addresses(ctx context.Context, name string) (list []netip.Addr, err error) {
	for _, rrtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		m, fail := r.resolve(ctx, Question{name, rrtype})
		if fail != nil {
			err = fail
			continue
		}
		list = append(list, addressesIn(m.Answer, "")...)
	}
	if len(list) > 0 {
		err = nil
	}
	return ordered(list), err
}

// Nameservers are the names of a zone's NS RRset, in order; none if the name has no such RRset.
func (r *Resolver) Nameservers(ctx context.Context, zone string) ([]string, error) {
	m, err := r.resolve(ctx, Question{zone, dns.TypeNS})
	if err != nil {
		return nil, err
	}
	return targets(m.Answer, zone), nil
}

// addressesIn are those of a name, or with the empty one, of any.
func addressesIn(section []dns.RR, name string) (list []netip.Addr) {
	for _, rr := range section {
		if name != "" && !strings.EqualFold(rr.Header().Name, name) {
			continue
		}
		list = append(list, AddressesIn(rr)...)
	}
	return list
}

// AddressesIn is the address in a record, if it has one.
func AddressesIn(rr dns.RR) []netip.Addr {
	var octets []byte
	switch own := rr.(type) {
	case *dns.A:
		octets = own.A
	case *dns.AAAA:
		octets = own.AAAA
	}
	if a, ok := netip.AddrFromSlice(octets); ok {
		return []netip.Addr{a.Unmap()}
	}
	return nil
}

func ordered(list []netip.Addr) []netip.Addr {
	slices.SortFunc(list, netip.Addr.Compare)
	return slices.Compact(list)
}

// targets are the names in the NS RRset of a name, in order.
func targets(section []dns.RR, name string) (list []string) {
	for _, rr := range section {
		if ns, ok := rr.(*dns.NS); ok && strings.EqualFold(ns.Hdr.Name, name) {
			list = append(list, strings.ToLower(ns.Ns))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
