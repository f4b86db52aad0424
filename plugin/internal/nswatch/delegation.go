package nswatch

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Parent is what the parent says of the zone.
type Parent struct {
	Zone string   // its name
	NS   []string // the NS RRset at the zone cut, in order; nil: the server that was asked serves the zone itself and shows no cut
	Glue map[string][]netip.Addr
	DS   []*dns.DS // none: the delegation is not signed
}

// delegation finds where parent and zone differ: a resolver believes the one, and then the other.
func delegation(r *Round, out *Report) {
	if r.Parent == nil || r.Parent.NS == nil || r.NS == nil {
		return
	}
	at := Subject{Kind: Delegation, What: NS}
	if slices.Equal(r.NS, r.Parent.NS) {
		out.good(at)
	} else {
		common := slices.ContainsFunc(r.NS, func(n string) bool { return slices.Contains(r.Parent.NS, n) })
		out.found(at, !common, fmt.Sprintf("%s delegates to %s, and the zone has %s", r.Parent.Zone, names(r.Parent.NS), names(r.NS)))
	}
	glue(r, out)
}

func names(list []string) string {
	if len(list) == 0 {
		return "nobody"
	}
	return strings.Join(list, ", ")
}

// glue compares the addresses of nameservers in the zone: without those of the parent, nobody finds them.
func glue(r *Round, out *Report) {
	var wrong []string
	for _, name := range r.Parent.NS {
		if !dns.IsSubDomain(r.Zone, name) {
			continue
		}
		own, known := r.Hosts[name]
		if theirs := r.Parent.Glue[name]; known && !slices.Equal(theirs, own) {
			wrong = append(wrong, fmt.Sprintf("%s has %s as glue, and %s in the zone", name, addresses(theirs), addresses(own)))
		}
	}
	at := Subject{Kind: Delegation, What: Glue}
	if len(wrong) > 0 {
		out.found(at, false, strings.Join(wrong, "; "))
		return
	}
	out.good(at)
}

func addresses(list []netip.Addr) string {
	if len(list) == 0 {
		return "no address"
	}
	text := make([]string, len(list))
	for i, a := range list {
		text[i] = a.String()
	}
	return strings.Join(text, " ")
}

// delegationSigner finds servers whose DNSKEY RRset has none of the keys that the parent's DS RRset names (RFC 4035 §5.2):
// for validators the zone is bogus there.
func delegationSigner(r *Round, out *Report) {
	if r.Parent == nil {
		return
	}
	at := Subject{Kind: Delegation, What: DS}
	if len(r.Parent.DS) == 0 {
		out.good(at)
		return
	}
	var without []string
	asked := 0
	for i := range r.Seen {
		s := &r.Seen[i]
		if !s.Authority() || s.Signed == nil {
			continue
		}
		asked++
		if entry(r.Parent.DS, s.Signed.Keys) == nil {
			without = append(without, s.Server.String())
		}
	}
	switch {
	case len(without) > 0:
		slices.Sort(without)
		out.found(at, true, fmt.Sprintf("the DS RRset in %s matches no DNSKEY at %s", r.Parent.Zone, names(without)))
	case asked == len(r.Seen) && asked > 0:
		out.good(at)
	}
}

// entry are the keys that a DS RRset names.
func entry(list []*dns.DS, keys []*dns.DNSKEY) (found []*dns.DNSKEY) {
	for _, key := range keys {
		for _, ds := range list {
			if ds.KeyTag != key.KeyTag() || ds.Algorithm != key.Algorithm {
				continue
			}
			if made := key.ToDS(ds.DigestType); made != nil && strings.EqualFold(made.Digest, ds.Digest) {
				found = append(found, key)
				break
			}
		}
	}
	return found
}
