package oracle

import (
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// choice is a place where ours differs from the peers on purpose.
type choice struct {
	name    string
	defence string
	rfc     string
	applies func(c *Case) bool
}

// choices is all there is: fewer than ten, each narrow.
var choices = []choice{{
	"a proof is completed",
	"no validator believes what two peers say, for want of a record: the second NSEC where a wildcard is an empty non-terminal (BIND, Knot), the closest encloser's NSEC3 below an asterisk (NSD, Knot); ours sends the same and what is missing",
	"RFC 4035 sections 3.1.3.4 and 5.4, RFC 5155 section 7.2.5, RFC 4592 section 4.9",
	completesProof,
}, {
	"an alias into another zone of the same server",
	"step 3a starts again at step 1, in any zone of the server; NSD and stock file follow as ours does, BIND and Knot stop",
	"RFC 1034 section 4.3.2",
	followsIntoZone,
}, {
	"a chain that the peers do not follow to its end",
	"BIND stops after 12 links, and in a loop, with SERVFAIL, Knot after 5 and without proofs, NSD follows no alias for NSEC3; where no two agree ours goes to the end, or takes one step where there is none",
	"RFC 1034 section 4.3.2 step 3a",
	followsToTheEnd,
}, {
	"a wildcard that owns NS",
	"what it means is undefined, BIND refuses the zone, Knot refers and NSD does not; ours does as NSD, and sends every NSEC3 of a NODATA answer",
	"RFC 4592 section 4.2",
	isWildcardNS,
}, {
	"ANY is one RRset, of data",
	"BIND sends all of them, Knot that of the lowest type, be it NSEC or RRSIG; NSD sends what ours does, but with SVCB targets in lower case, which breaks the signature",
	"RFC 8482 section 4.1, RFC 4034 section 6.2, RFC 9460 section 2.2",
	choosesOne,
}}

// chosen names the choice that defends the difference, if one does.
func (c *Case) chosen() string {
	for _, x := range choices {
		if x.applies(c) {
			return x.name
		}
	}
	return ""
}

// completesProof: an acceptable answer does not validate; ours is the same, but
// with more records of denial, and does.
func completesProof(c *Case) bool {
	return slices.ContainsFunc(c.acceptable(), func(theirs *Answer) bool {
		return difference(c.Ours, theirs) == "authority" && includes(c.Ours.Authority, theirs.Authority) &&
			onlyDenial(c.Ours.Authority, theirs.Authority) &&
			c.disproved(theirs) != nil && c.disproved(c.Ours) == nil
	})
}

// onlyDenial says that what ours has and theirs has not is NSEC, NSEC3 and
// their signatures.
func onlyDenial(ours, theirs []string) bool {
	for _, record := range ours {
		if slices.Contains(theirs, record) {
			continue
		}
		kind := strings.TrimPrefix(strings.Join(strings.Fields(record)[3:], " "), "RRSIG ")
		if !strings.HasPrefix(kind, "NSEC ") && !strings.HasPrefix(kind, "NSEC3 ") {
			return false
		}
	}
	return true
}

// followsIntoZone: ours begins with the majority's answer, which ends outside
// the zone of the question, and is NSD's. NSD follows no alias for NSEC3.
func followsIntoZone(c *Case) bool {
	theirs, nsd := c.agreed(), c.Peers[1]
	if theirs == nil || theirs.Msg == nil || nsd == nil || c.Ours.Problem != "" {
		return false
	}
	end, links := c.prover(theirs).end()
	return links > 0 && !end.under(labelsOf(c.Zone.Name)) && len(theirs.Authority) == 0 &&
		includes(c.Ours.Answer, theirs.Answer) &&
		(c.Ours.key() == nsd.key() || c.Question.Type == dns.TypeNSEC3)
}

// followsToTheEnd: no two peers agree, and the chain is long or leads back into
// itself, so that Knot's answer is the beginning of ours; or it has no end, for
// a DNAME leads below itself, and ours is the beginning of Knot's.
func followsToTheEnd(c *Case) bool {
	knot := c.Peers[2]
	if c.agreed() != nil || knot == nil || knot.Msg == nil || len(knot.Authority) > 0 || c.Ours.Msg == nil {
		return false
	}
	p := c.prover(c.Ours)
	end, links := p.end()
	switch {
	case c.disproved(c.Ours) != nil:
		return false
	case links > 5 || p.alias(end) != nil:
		return includes(c.Ours.Answer, knot.Answer)
	}
	d, _ := find(c.Ours.Msg.Answer, dns.TypeDNAME).(*dns.DNAME)
	return d != nil && labelsOf(d.Target).under(labelsOf(d.Hdr.Name)) && includes(knot.Answer, c.Ours.Answer)
}

// isWildcardNS: only NSD and Knot serve the zone, they disagree, and ours is
// NSD's answer but for the NSEC3 records, of which NSD forgets some.
func isWildcardNS(c *Case) bool {
	nsd := c.Peers[1]
	return c.Zone.Unprovable && c.Zone.Denial != NSEC && c.agreed() == nil && difference(c.Ours, nsd) == "authority"
}

// choosesOne: no two agree about ANY, and ours is a part of BIND's answer: one
// RRset, spelt as in the zone, and the proof that it needs.
func choosesOne(c *Case) bool {
	bind := c.Peers[0]
	return c.Question.Type == dns.TypeANY && c.agreed() == nil && bind != nil && c.Ours.Msg != nil &&
		c.Ours.Rcode == bind.Rcode && c.Ours.AA == bind.AA && len(rrsets(c.Ours.Msg.Answer)) == 1 &&
		includes(bind.Answer, c.Ours.Answer) && includes(bind.Authority, c.Ours.Authority) &&
		c.Zone.misspelt(c.Ours) == nil && c.disproved(c.Ours) == nil
}

func includes(all, some []string) bool {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}

// prover reads an answer to the question of the case.
func (c *Case) prover(a *Answer) *prover {
	return &prover{zone: c.Zone, apex: labelsOf(c.Zone.Name), q: c.Question, m: a.Msg}
}
