package primary

import "github.com/miekg/dns"

// differences is the answer to an IXFR from a serial (RFC 1995 §4): one SOA if
// the client has that or more, the sequences from its version on if we know
// it, else the whole zone.
func (r *Reply) differences(from uint32) []dns.RR {
	last := r.current()
	if int32(last.soa.Serial-from) <= 0 {
		return []dns.RR{last.soa}
	}
	base := r.find(from)
	if base < 0 {
		return last.whole()
	}
	rrs := []dns.RR{last.soa}
	for i := base; i+1 < len(r.versions); i++ {
		rrs = append(rrs, sequence(r.versions[i], r.versions[i+1])...)
	}
	return append(rrs, last.soa)
}

// find is the index of the latest version with a serial, or -1.
func (r *Reply) find(serial uint32) int {
	for i := len(r.versions) - 1; i >= 0; i-- {
		if r.versions[i].soa.Serial == serial {
			return i
		}
	}
	return -1
}

// sequence is one difference: the old SOA, what goes, the new SOA, what comes.
func sequence(before, after version) []dns.RR {
	rrs := []dns.RR{before.soa}
	rrs = append(rrs, minus(before.rest, after.rest)...)
	rrs = append(rrs, after.soa)
	return append(rrs, minus(after.rest, before.rest)...)
}

// minus is what a has and b has not.
func minus(a, b []dns.RR) []dns.RR {
	in := map[string]bool{}
	for _, rr := range b {
		in[rr.String()] = true
	}
	var rrs []dns.RR
	for _, rr := range a {
		if !in[rr.String()] {
			rrs = append(rrs, rr)
		}
	}
	return rrs
}
