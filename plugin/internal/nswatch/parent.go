package nswatch

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/miekg/dns"
)

var (
	errNoParent   = errors.New("the root zone has no parent")
	errNoReferral = errors.New("no nameserver of the parent refers to the zone")
)

// mostParents is how many nameservers of the parent are tried.
const mostParents = 4

// Parent asks a nameserver of the parent zone for the delegation. Those listen at the port.
func (r *Resolver) Parent(ctx context.Context, zone string, port uint16) (*Parent, error) {
	parent, servers, err := r.parentOf(ctx, zone)
	if err != nil {
		return nil, err
	}
	last := fmt.Errorf("%s: %w", parent, errNoReferral)
	for _, name := range servers[:min(len(servers), mostParents)] {
		list, err := r.Addresses(ctx, name)
		if err != nil {
			last = err
			continue
		}
		for _, a := range list {
			p, err := r.referral(ctx, netip.AddrPortFrom(a, port), parent, zone)
			if err == nil {
				return p, nil
			}
			last = fmt.Errorf("%s (%s): %w", name, a, err)
		}
	}
	return nil, last
}

// parentOf is the zone above, with its nameservers.
func (r *Resolver) parentOf(ctx context.Context, zone string) (parent string, servers []string, err error) {
	for name := zone; name != "."; {
		next, end := dns.NextLabel(name, 0)
		if name = name[next:]; end || name == "" {
			name = "."
		}
		if servers, err = r.Nameservers(ctx, name); err != nil || len(servers) > 0 {
			return name, servers, err
		}
	}
	return "", nil, errNoParent
}

// referral is what one nameserver of the parent says.
func (r *Resolver) referral(ctx context.Context, at netip.AddrPort, parent, zone string) (*Parent, error) {
	m, err := r.ask(ctx, at, query(Question{zone, dns.TypeNS}, true, false))
	if err != nil {
		return nil, err
	}
	p := &Parent{Zone: parent, NS: targets(m.Ns, zone), Glue: make(map[string][]netip.Addr)}
	switch {
	case m.Authoritative && len(targets(m.Answer, zone)) > 0:
		p.NS = nil // it serves the zone, too
	case m.Authoritative && (m.Rcode == dns.RcodeSuccess || m.Rcode == dns.RcodeNameError):
		p.NS = []string{} // there is no delegation
		return p, nil
	case m.Rcode != dns.RcodeSuccess:
		return nil, errors.New(dns.RcodeToString[m.Rcode])
	case len(p.NS) == 0:
		return nil, errNoReferral
	}
	for _, name := range p.NS {
		if list := ordered(addressesIn(m.Extra, name)); len(list) > 0 {
			p.Glue[name] = list
		}
	}
	if p.DS, err = r.signer(ctx, at, zone); err != nil {
		return nil, err
	}
	return p, nil
}

// signer asks for the DS RRset, for which the parent is the authority (RFC 4035 §3.1.4.1).
func (r *Resolver) signer(ctx context.Context, at netip.AddrPort, zone string) (list []*dns.DS, err error) {
	m, err := r.ask(ctx, at, query(Question{zone, dns.TypeDS}, true, false))
	if err != nil {
		return nil, err
	}
	if !m.Authoritative || m.Rcode != dns.RcodeSuccess {
		return nil, fmt.Errorf("%w: the DS RRset", errNotTheAnswer)
	}
	for _, rr := range m.Answer {
		if ds, ok := rr.(*dns.DS); ok {
			list = append(list, ds)
		}
	}
	return list, nil
}
