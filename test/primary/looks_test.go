package primary_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
)

// TestFaultsLookAsTheyShould compares what was received with a correct answer,
// for faults that the strict client of TestFaults does not notice.
func TestFaultsLookAsTheyShould(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault string
		want  string // the SOA serials and the records that are new or gone
	}{
		{"", "1 2 2 3 | +0 -0"},
		{"wrong_base", "1048577 2 2 3 | +0 -0"},
		{"broken_chain", "1 1048578 2 3 | +0 -0"},
		{"condensed", "1 3 | +0 -0"},
		{"repeats_sequence", "1 2 1 2 2 3 | +2 -0" + strings.Repeat(" h10.example.org.", 4)}, // its A and TXT twice
		{"deletes_absent", "1 2 2 3 | +1 -0 absent.example.org."},
		{"adds_present", "1 2 2 3 | +1 -0 example.org."},
		{"single_soa", " | +0 -4"},
	} {
		p := start(t, nil)
		p.OnNames(t, primary.IXFR, strings.Fields(c.fault)...)
		plain := start(t, nil)
		rrs, err := ask.FetchIXFR(p.Addr(), zone, 1, nil, ask.Timeout(shortly))
		if err != nil && c.fault != "single_soa" {
			t.Errorf("%s: %v", c.fault, err)
			continue
		}
		if got := look(rrs, ask.IXFR(t, plain.Addr(), zone, 1, nil)); got != c.want {
			t.Errorf("%s: %s, not %s", c.fault, got, c.want)
		}
	}
}

// look is the serials between the first and the last SOA, and how the other
// records differ from the correct ones.
func look(got, correct []dns.RR) string {
	var serials []string
	for i, rr := range got {
		if soa, ok := rr.(*dns.SOA); ok && i > 0 && i < len(got)-1 {
			serials = append(serials, fmt.Sprint(soa.Serial))
		}
	}
	count, owners := map[string]int{}, ""
	for _, rr := range others(got) {
		count[rr.String()]++
	}
	for _, rr := range others(correct) {
		count[rr.String()]--
	}
	more, fewer := 0, 0
	for _, rr := range others(got) {
		if count[rr.String()] > 0 {
			owners += " " + rr.Header().Name
		}
	}
	for _, n := range count {
		more += max(0, n)
		fewer += max(0, -n)
	}
	return fmt.Sprintf("%s | +%d -%d%s", strings.Join(serials, " "), more, fewer, owners)
}

func others(rrs []dns.RR) []dns.RR {
	var out []dns.RR
	for _, rr := range rrs {
		if rr.Header().Rrtype != dns.TypeSOA {
			out = append(out, rr)
		}
	}
	return out
}

// TestAXFRFaultsLookAsTheyShould reads the records, whatever the client thinks.
func TestAXFRFaultsLookAsTheyShould(t *testing.T) {
	t.Parallel()
	const plain = 27 // NS, A, SRV and two for each of 12 hosts
	for fault, bad := range map[string]func([]dns.RR) bool{
		"out_of_zone": func(r []dns.RR) bool { return !has(r, "www.out-of-zone.example.", dns.TypeTXT) },
		"class_ch":    func(r []dns.RR) bool { return !has(r, "chaos."+zone, dns.TypeTXT) },
		"cname_and_data": func(r []dns.RR) bool {
			return !has(r, "both."+zone, dns.TypeCNAME) || !has(r, "both."+zone, dns.TypeTXT)
		},
		"no_ns":             func(r []dns.RR) bool { return has(r, zone, dns.TypeNS) },
		"only_soas":         func(r []dns.RR) bool { return len(others(r)) != 0 },
		"soa_below_apex":    func(r []dns.RR) bool { return !has(r, "below."+zone, dns.TypeSOA) },
		"duplicates":        func(r []dns.RR) bool { return len(others(r)) != 2*plain },
		"other_final_soa":   func(r []dns.RR) bool { return last(r).Serial != 4 },
		"final_soa_differs": func(r []dns.RR) bool { return last(r).Serial != 3 || last(r).Refresh != 61 },
		"mid_soa_other":     func(r []dns.RR) bool { return last(r).Serial != 10 },
		"unknown_type":      func(r []dns.RR) bool { return !has(r, "unknown."+zone, 65280) },
		"upper_case":        func(r []dns.RR) bool { return !has(r, "H1.EXAMPLE.ORG.", dns.TypeA) },
		"differing_ttls":    func(r []dns.RR) bool { return !has(r, "ttls."+zone, dns.TypeTXT) },
		"oversize_rr=60000": func(r []dns.RR) bool { return !has(r, "big."+zone, dns.TypeTXT) },
	} {
		p := start(t, nil)
		p.OnNames(t, primary.AXFR, fault)
		rrs, _ := ask.FetchAXFR(p.Addr(), zone, nil) // some are errors, with what came before
		if len(rrs) == 0 || bad(rrs) {
			t.Errorf("%s: %d records", fault, len(rrs))
		}
	}
}

func has(rrs []dns.RR, owner string, rtype uint16) bool {
	for _, rr := range rrs {
		if rr.Header().Name == owner && rr.Header().Rrtype == rtype {
			return true
		}
	}
	return false
}

func last(rrs []dns.RR) *dns.SOA {
	soa, ok := rrs[len(rrs)-1].(*dns.SOA)
	if !ok {
		return new(dns.SOA)
	}
	return soa
}

func TestSOAFaultsLookAsTheyShould(t *testing.T) {
	t.Parallel()
	for fault, good := range map[string]func(*dns.Msg) bool{
		"two_soas":       func(m *dns.Msg) bool { return len(m.Answer) == 2 },
		"wrong_question": func(m *dns.Msg) bool { return m.Question[0].Name == "wrong.question." },
		"wrong_qtype":    func(m *dns.Msg) bool { return m.Question[0].Qtype == dns.TypeTXT },
		"no_question":    func(m *dns.Msg) bool { return len(m.Question) == 0 },
		"nxdomain":       func(m *dns.Msg) bool { return m.Rcode == dns.RcodeNameError },
		"tc":             func(m *dns.Msg) bool { return m.Truncated && len(m.Answer) == 0 },
		"delay_ms=20":    func(m *dns.Msg) bool { return len(m.Answer) == 1 },
	} {
		p := start(t, nil)
		p.OnNames(t, primary.SOA, fault)
		m, err := ask.Query(p.Addr(), zone, dns.TypeSOA, ask.Timeout(shortly))
		if m == nil || !good(m) {
			t.Errorf("%s: %v, %v", fault, m, err)
		}
	}
}
