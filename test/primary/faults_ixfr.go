package primary

import (
	"slices"

	"github.com/miekg/dns"
)

// LoneSOA puts the opening SOA into a message of its own.
func LoneSOA() Fault {
	return Fault{"lone_soa_first", func(r *Reply) { r.FirstMessage = 1 }}
}

// SingleSOA answers with the current SOA alone.
func SingleSOA() Fault {
	return onRecords("single_soa", func(_ *Reply, rrs []dns.RR) []dns.RR { return rrs[:min(1, len(rrs))] })
}

// AXFRStyle answers an IXFR with the whole zone (RFC 1995 §4).
func AXFRStyle() Fault {
	return onRecords("axfr_style", func(r *Reply, _ []dns.RR) []dns.RR { return r.current().whole() })
}

// Condensed answers an IXFR with one sequence from the client's version to the
// current one.
func Condensed() Fault {
	return onRecords("condensed", func(r *Reply, rrs []dns.RR) []dns.RR {
		base := r.find(r.Query.Serial)
		if base < 0 || !hasSequences(rrs) {
			return rrs
		}
		out := append([]dns.RR{r.current().soa}, sequence(r.versions[base], r.current())...)
		return append(out, r.current().soa)
	})
}

// WrongBase gives the first sequence an old serial that is not the client's.
func WrongBase() Fault {
	return onSequences("wrong_base", func(rrs []dns.RR) { rrs[1] = withSerial(rrs[1], 1<<20) })
}

// BrokenChain gives the first sequence a new serial that is not the next
// one's old serial, or not the final one.
func BrokenChain() Fault {
	return onSequences("broken_chain", func(rrs []dns.RR) {
		for i := 2; i < len(rrs)-1; i++ {
			if rrs[i].Header().Rrtype == dns.TypeSOA {
				rrs[i] = withSerial(rrs[i], 1<<20)
				return
			}
		}
	})
}

// DeletesAbsent deletes a record that the zone does not have.
func DeletesAbsent() Fault {
	return onRecords("deletes_absent", func(r *Reply, rrs []dns.RR) []dns.RR {
		if !hasSequences(rrs) {
			return rrs
		}
		return slices.Insert(rrs, 2, txt("absent."+r.Zone, "absent"))
	})
}

// AddsPresent adds a record that the zone has: its first one.
func AddsPresent() Fault {
	return onRecords("adds_present", func(r *Reply, rrs []dns.RR) []dns.RR {
		if !hasSequences(rrs) || len(r.current().rest) == 0 {
			return rrs
		}
		return slices.Insert(rrs, len(rrs)-1, r.current().rest[0])
	})
}

// RepeatsSequence sends the first sequence twice.
func RepeatsSequence() Fault {
	return onRecords("repeats_sequence", func(_ *Reply, rrs []dns.RR) []dns.RR {
		if !hasSequences(rrs) {
			return rrs
		}
		end, seen := len(rrs)-1, 0
		for i, rr := range rrs {
			if rr.Header().Rrtype == dns.TypeSOA {
				seen++
			}
			if seen == 4 {
				end = i
				break
			}
		}
		return slices.Insert(rrs, 1, slices.Clone(rrs[1:end])...)
	})
}

// onSequences changes an answer that has sequences.
func onSequences(name string, change func([]dns.RR)) Fault {
	return onRecords(name, func(_ *Reply, rrs []dns.RR) []dns.RR {
		if hasSequences(rrs) {
			change(rrs)
		}
		return rrs
	})
}

// hasSequences says whether an answer to IXFR is incremental.
func hasSequences(rrs []dns.RR) bool {
	return len(rrs) > 2 && rrs[1].Header().Rrtype == dns.TypeSOA
}
