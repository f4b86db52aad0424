// Package answer finds the answer to a question in one version of a zone: RFC 1034 §4.3.2, step by step,
// with what RFC 2308, 4035, 4592, 5155, 6604, 6672, 8482 and 9460 made of it.
//
// It is pure: a [Query] and a version of the zone go in, a [Result] comes out. There is no network, no clock and
// no state, and nothing in the zone says beforehand what a name is: zone cuts, DNAMEs, wildcards and
// empty non-terminals are found on the way down.
//
// A file is a step:
//
//	lookup.go      the loop: a name, its place, what to do there, the next name of the chain (RFC 1034 §4.3.2)
//	descend.go     where a name falls: at a name, at an empty non-terminal, below a cut, nowhere
//	referral.go    step 3b, zone cuts
//	found.go       step 3a, the node; also step 3c, the wildcard
//	alias.go       CNAME and DNAME
//	negative.go    NXDOMAIN and NODATA (RFC 2308)
//	denial.go      which proofs a denial needs, by NSEC (nsec.go) or by NSEC3 (nsec3.go, chain.go, hash.go)
//	additional.go  step 6
//	message.go     the answer as a message in wire form
//	render.go      RRsets to [dns.RR], each a fresh copy, RDATA byte for byte
//
// Owner names in an answer are spelled as the zone spells them (RFC 4343 §4.1), whatever the question or the alias
// that led there says; what a wildcard or a DNAME makes for a name is spelled as that name.
package answer
