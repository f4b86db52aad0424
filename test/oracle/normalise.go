package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Answer is a reply, reduced to what is compared.
type Answer struct {
	Problem    string // why there is nothing else
	Rcode      int
	AA, TC     bool
	Answer     []string
	Authority  []string
	Additional []string
	Msg        *dns.Msg
}

// normalise makes sections into sorted sets of records, names of which are
// lower-cased where RFC 4034 section 6.2 does so.
func normalise(m *dns.Msg) *Answer {
	return &Answer{
		Rcode: m.Rcode, AA: m.Authoritative, TC: m.Truncated, Msg: m,
		Answer: recordSet(m.Answer), Authority: recordSet(m.Ns), Additional: recordSet(m.Extra),
	}
}

func recordSet(section []dns.RR) []string {
	set := make([]string, 0, len(section))
	for _, rr := range section {
		if rr.Header().Rrtype != dns.TypeOPT {
			set = append(set, canonicalText(rr))
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// repeated are the records that stand twice in a section (RFC 2181 section 5).
func (a *Answer) repeated() []string {
	if a.Msg == nil {
		return nil
	}
	var list []string
	for _, section := range [][]dns.RR{a.Msg.Answer, a.Msg.Ns, a.Msg.Extra} {
		seen := map[string]bool{}
		for _, rr := range section {
			text := canonicalText(rr)
			if seen[text] {
				list = append(list, text)
			}
			seen[text] = true
		}
	}
	return list
}

// key is equal for two answers exactly if they are the same answer.
func (a *Answer) key() string {
	if a.Problem != "" {
		return a.Problem
	}
	return fmt.Sprintf("%d %t\n%s\n;\n%s", a.Rcode, a.AA,
		strings.Join(a.Answer, "\n"), strings.Join(a.Authority, "\n"))
}

// canonicalText is the record as text, names folded.
func canonicalText(rr dns.RR) string {
	rr = dns.Copy(rr)
	rr.Header().Name = fold(rr.Header().Name)
	foldRdata(rr)
	return rr.String()
}

// foldRdata lower-cases the names inside RDATA of the types of RFC 4034
// section 6.2 (as amended by RFC 6840 section 5.1) and in NSEC, where Knot and
// NSD do so. Newer types, such as SVCB, keep their case.
func foldRdata(rr dns.RR) {
	switch r := rr.(type) {
	case *dns.NS:
		r.Ns = fold(r.Ns)
	case *dns.CNAME:
		r.Target = fold(r.Target)
	case *dns.DNAME:
		r.Target = fold(r.Target)
	case *dns.PTR:
		r.Ptr = fold(r.Ptr)
	case *dns.MX:
		r.Mx = fold(r.Mx)
	case *dns.SRV:
		r.Target = fold(r.Target)
	case *dns.SOA:
		r.Ns, r.Mbox = fold(r.Ns), fold(r.Mbox)
	case *dns.RP:
		r.Mbox, r.Txt = fold(r.Mbox), fold(r.Txt)
	case *dns.KX:
		r.Exchanger = fold(r.Exchanger)
	case *dns.AFSDB:
		r.Hostname = fold(r.Hostname)
	case *dns.NAPTR:
		r.Replacement = fold(r.Replacement)
	case *dns.RRSIG:
		r.SignerName = fold(r.SignerName)
	case *dns.NSEC:
		r.NextDomain = fold(r.NextDomain)
	}
}

// misspelt are the records of ours that the zone holds with other RDATA, byte
// for byte, or under an owner in another case (defect D13). What a wildcard or
// a DNAME makes is not held.
func (z *Zone) misspelt(a *Answer) []string {
	if z.Transferred || z.Without != "" || a.Msg == nil {
		return nil // the primary of these has already lower-cased them
	}
	var list []string
	for _, section := range [][]dns.RR{a.Msg.Answer, a.Msg.Ns, a.Msg.Extra} {
		for _, rr := range section {
			if rr.Header().Rrtype == dns.TypeOPT {
				continue
			}
			r := rdataText(rr)
			if z.foldedRdata[strings.ToLower(r)] && (!z.rdata[r] || !z.owners[rr.Header().Name]) {
				list = append(list, rr.String())
			}
		}
	}
	return list
}

// rdataText is the folded owner, the type and the RDATA as it is spelt.
func rdataText(rr dns.RR) string {
	rr = dns.Copy(rr)
	rr.Header().Name, rr.Header().Ttl = fold(rr.Header().Name), 0
	return rr.String()
}

// String is the answer as it is shown in a failure.
func (a *Answer) String() string {
	if a.Problem != "" {
		return a.Problem
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s AA=%t", dns.RcodeToString[a.Rcode], a.AA)
	for _, section := range []struct {
		title   string
		records []string
	}{{"answer", a.Answer}, {"authority", a.Authority}, {"additional", a.Additional}} {
		for _, record := range section.records {
			fmt.Fprintf(&b, "\n    %-10s %s", section.title, shortened(record))
		}
	}
	return b.String()
}

// shortened cuts signatures and other long RDATA for display.
func shortened(record string) string {
	record = strings.ReplaceAll(record, "\t", " ")
	if len(record) > 150 {
		return record[:150] + "…"
	}
	return record
}
