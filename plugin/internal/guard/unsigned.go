package guard

import "github.com/miekg/dns"

// strippedPercent is how many of its RRSIGs a zone may lose over RRsets that stay.
const strippedPercent = 50

// unsigned: the zone was signed, and is not, or not wholly, any more: validating resolvers would take it for forged.
// RRSIGs that go with what they cover do not count, nor do those that leave another one over the same RRset, as when
// the algorithm is changed.
func unsigned(_ *Policy, c *Change) (Finding, bool) {
	if c.Old == nil || !c.Old.ApexNode().Has(dns.TypeDNSKEY) || c.Old.Counts().Of(dns.TypeRRSIG) == 0 {
		return Finding{}, false
	}
	if !c.Version.ApexNode().Has(dns.TypeDNSKEY) {
		return found(Unsigned, Hold, "has no DNSKEY, and %d of %d RRSIGs",
			c.Version.Counts().Of(dns.TypeRRSIG), c.Old.Counts().Of(dns.TypeRRSIG))
	}
	if c.Old.ApexSOA().SigLen() > 0 && c.Version.ApexSOA().SigLen() == 0 {
		return found(Unsigned, Hold, "has no RRSIG over the SOA, and %d of %d RRSIGs",
			c.Version.Counts().Of(dns.TypeRRSIG), c.Old.Counts().Of(dns.TypeRRSIG))
	}
	if d := c.Difference(); over(d.strippedSigs, d.sigs, strippedPercent) {
		return found(Unsigned, Hold, "has lost %d of %d RRSIGs (%s) over RRsets that stay, limit %d %%",
			d.strippedSigs, d.sigs, share(d.strippedSigs, d.sigs), strippedPercent)
	}
	return Finding{}, false
}
