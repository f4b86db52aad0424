package primary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// onRecords is a fault that changes the list of records.
func onRecords(name string, change func(r *Reply, rrs []dns.RR) []dns.RR) Fault {
	return Fault{name, func(r *Reply) { r.Records = change(r, slices.Clone(r.Records)) }}
}

// inserting is a fault that inserts records in the middle.
func inserting(name string, make func(r *Reply) []dns.RR) Fault {
	return onRecords(name, func(r *Reply, rrs []dns.RR) []dns.RR {
		return slices.Insert(rrs, len(rrs)/2, make(r)...)
	})
}

// NoFinalSOA leaves the closing SOA out.
func NoFinalSOA() Fault {
	return onRecords("no_final_soa", func(_ *Reply, rrs []dns.RR) []dns.RR {
		return rrs[:max(0, len(rrs)-1)]
	})
}

// OtherFinalSOA closes with an SOA of another serial.
func OtherFinalSOA() Fault {
	return onRecords("other_final_soa", func(_ *Reply, rrs []dns.RR) []dns.RR {
		if n := len(rrs); n > 1 {
			rrs[n-1] = withSerial(rrs[n-1], 1)
		}
		return rrs
	})
}

// FinalSOADiffers closes with an SOA of the same serial and another REFRESH.
func FinalSOADiffers() Fault {
	return onRecords("final_soa_differs", func(_ *Reply, rrs []dns.RR) []dns.RR {
		if n := len(rrs); n > 1 {
			rrs[n-1] = dns.Copy(rrs[n-1])
			if soa, ok := rrs[n-1].(*dns.SOA); ok {
				soa.Refresh++
			}
		}
		return rrs
	})
}

// NoFirstSOA leaves the opening SOA out.
func NoFirstSOA() Fault {
	return onRecords("no_first_soa", func(_ *Reply, rrs []dns.RR) []dns.RR { return rrs[min(1, len(rrs)):] })
}

// AfterFinalSOA sends a record after the closing SOA.
func AfterFinalSOA() Fault {
	return onRecords("data_after_end", func(r *Reply, rrs []dns.RR) []dns.RR {
		return append(rrs, txt("after."+r.Zone, "end"))
	})
}

// MidSOA repeats the opening SOA in the middle.
func MidSOA() Fault {
	return inserting("mid_soa", func(r *Reply) []dns.RR { return []dns.RR{r.current().soa} })
}

// SOABelowApex has an SOA at another name of the zone.
func SOABelowApex() Fault {
	return inserting("soa_below_apex", func(r *Reply) []dns.RR {
		soa := dns.Copy(r.current().soa)
		soa.Header().Name = "below." + r.Zone
		return []dns.RR{soa}
	})
}

// MidSOAOther has an SOA of the apex with another serial in the middle.
func MidSOAOther() Fault {
	return inserting("mid_soa_other", func(r *Reply) []dns.RR {
		return []dns.RR{withSerial(r.current().soa, 7)}
	})
}

// OutOfZone has a record of another zone in the middle.
func OutOfZone() Fault {
	return inserting("out_of_zone", func(*Reply) []dns.RR { return []dns.RR{txt("www.out-of-zone.example.", "out")} })
}

// OtherClass has a record of class CH in the middle.
func OtherClass() Fault {
	return inserting("class_ch", func(r *Reply) []dns.RR {
		rr := txt("chaos."+r.Zone, "chaos")
		rr.Header().Class = dns.ClassCHAOS
		return []dns.RR{rr}
	})
}

// Duplicates sends everything but the SOAs twice.
func Duplicates() Fault {
	return onRecords("duplicates", func(_ *Reply, rrs []dns.RR) []dns.RR {
		var out []dns.RR
		for _, rr := range rrs {
			out = append(out, rr)
			if rr.Header().Rrtype != dns.TypeSOA {
				out = append(out, rr)
			}
		}
		return out
	})
}

// DifferingTTLs adds an RRset ttls.<zone> of three TXT records with TTLs of
// 600, 60 and 300.
func DifferingTTLs() Fault {
	return inserting("differing_ttls", func(r *Reply) []dns.RR {
		var rrs []dns.RR
		for _, ttl := range []uint32{600, 60, 300} {
			rr := txt("ttls."+r.Zone, fmt.Sprint(ttl))
			rr.Header().Ttl = ttl
			rrs = append(rrs, rr)
		}
		return rrs
	})
}

// CNAMEAndData has a CNAME and a TXT record at one name.
func CNAMEAndData() Fault {
	return inserting("cname_and_data", func(r *Reply) []dns.RR {
		h := dns.RR_Header{Name: "both." + r.Zone, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 300}
		return []dns.RR{&dns.CNAME{Hdr: h, Target: r.Zone}, txt("both."+r.Zone, "data")}
	})
}

// NoNS leaves the NS RRset of the apex out.
func NoNS() Fault {
	return onRecords("no_ns", func(r *Reply, rrs []dns.RR) []dns.RR {
		return slices.DeleteFunc(rrs, func(rr dns.RR) bool {
			return rr.Header().Rrtype == dns.TypeNS && strings.EqualFold(rr.Header().Name, r.Zone)
		})
	})
}

// OnlySOAs leaves everything out but the SOAs: an emptied zone.
func OnlySOAs() Fault {
	return onRecords("only_soas", func(_ *Reply, rrs []dns.RR) []dns.RR {
		return slices.DeleteFunc(rrs, func(rr dns.RR) bool { return rr.Header().Rrtype != dns.TypeSOA })
	})
}

// Upper writes all owner names in upper case, which a secondary must keep
// (RFC 5936 §3.4).
func Upper() Fault {
	return onRecords("upper_case", func(_ *Reply, rrs []dns.RR) []dns.RR {
		return mapRecords(rrs, func(rr dns.RR) { rr.Header().Name = strings.ToUpper(rr.Header().Name) })
	})
}

// Unknown adds a record of TYPE65280 at unknown.<zone>.
func Unknown() Fault {
	return inserting("unknown_type", func(r *Reply) []dns.RR { return []dns.RR{opaque("unknown."+r.Zone, 65280, "c0ffee")} })
}

// MalformedRDATA adds an A record with three bytes of RDATA.
func MalformedRDATA() Fault {
	return inserting("malformed_rdata", func(r *Reply) []dns.RR { return []dns.RR{opaque("short."+r.Zone, dns.TypeA, "c00002")} })
}

// OversizeRR adds a TXT record with n bytes of RDATA: up to about 65,000 in a
// message of its own.
func OversizeRR(n int) Fault {
	return Fault{fmt.Sprintf("oversize_rr=%d", n), func(r *Reply) {
		var b strings.Builder
		for left := n; left > 0; {
			size := min(255, left-1)
			fmt.Fprintf(&b, "%02x%s", max(0, size), strings.Repeat("78", max(0, size)))
			left -= size + 1
		}
		r.Records = slices.Insert(slices.Clone(r.Records), len(r.Records)/2, opaque("big."+r.Zone, dns.TypeTXT, b.String()))
	}}
}

// Records adds any records in the middle.
func Records(rrs ...dns.RR) Fault {
	return inserting("records", func(*Reply) []dns.RR { return rrs })
}

// Shuffled sends the records between the SOAs in reverse order.
func Shuffled() Fault {
	return onRecords("reversed", func(_ *Reply, rrs []dns.RR) []dns.RR {
		if len(rrs) > 2 {
			slices.Reverse(rrs[1 : len(rrs)-1])
		}
		return rrs
	})
}

func txt(owner, text string) dns.RR {
	return &dns.TXT{Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 300}, Txt: []string{text}}
}

// opaque is a record of any type with RDATA in hex (RFC 3597).
func opaque(owner string, rtype uint16, rdata string) dns.RR {
	return &dns.RFC3597{Hdr: dns.RR_Header{Name: owner, Rrtype: rtype, Class: dns.ClassINET, Ttl: 300, Rdlength: uint16(len(rdata) / 2)}, Rdata: rdata}
}
