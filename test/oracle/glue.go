package oracle

import (
	"slices"

	"github.com/miekg/dns"
)

// missingGlue are the addresses that a referral must carry and ours does not:
// those of nameservers at or below the cut (RFC 1034 section 4.3.2 step 3b,
// RFC 9471 section 3.1). Over TCP there is no excuse of size.
func (z *Zone) missingGlue(a *Answer) []string {
	if a.Msg == nil {
		return nil
	}
	var missing []string
	for _, rr := range a.Msg.Ns {
		ns, ok := rr.(*dns.NS)
		if !ok || fold(ns.Hdr.Name) == z.Name {
			continue
		}
		if !labelsOf(ns.Ns).under(labelsOf(ns.Hdr.Name)) {
			continue
		}
		for _, glue := range z.addresses[fold(ns.Ns)] {
			if !slices.Contains(a.Additional, glue) {
				missing = append(missing, glue)
			}
		}
	}
	return missing
}
