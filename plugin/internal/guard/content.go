package guard

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// content says whether an RRset is content that somebody wrote into the zone, which is what the rules count. The SOA is
// not, for every version has another; nor is what a signer makes of the rest: NSEC and NSEC3, and RRSIGs, which are no
// RRset of their own here. So a zone may be signed, signed again or given another salt, and has not changed.
func content(set zone.RRset) bool {
	switch set.Type {
	case dns.TypeSOA, dns.TypeNSEC, dns.TypeNSEC3:
		return false
	}
	return set.Len() > 0
}

// contentRRsets is the number of RRsets of a version that are content. An RRset of NSEC or NSEC3 has one record.
func contentRRsets(v *zone.Version) int {
	const soa = 1
	c := v.Counts()
	return max(c.RRsets-soa-c.Of(dns.TypeNSEC)-c.Of(dns.TypeNSEC3), 0)
}

// contentNames is the number of owner names of a version, the apex among them and those of NSEC3 records not.
func contentNames(v *zone.Version) int { return max(v.Names()-v.Counts().Of(dns.TypeNSEC3), 1) }

// rrset is an RRset of a name that need not be there.
func rrset(n zone.Node, rrtype uint16) (set zone.RRset, ok bool) {
	if n.IsZero() {
		return zone.RRset{}, false
	}
	return n.RRset(rrtype)
}

// secure says whether a name is a secure delegation: NS and DS below the apex (RFC 4035 §2.4).
func secure(n zone.Node) bool {
	return !n.IsZero() && len(n.Key()) > 0 && n.Has(dns.TypeDS) && n.Has(dns.TypeNS)
}
