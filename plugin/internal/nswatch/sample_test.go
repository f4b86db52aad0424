package nswatch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// The sample has names that the zone answers as an authority, and no others.
func TestTheSampleIsOfAuthoritativeNames(t *testing.T) {
	lines := []string{
		"www.example.org. A 192.0.2.1", "sub.example.org. NS ns.sub.example.org.", "ns.sub.example.org. A 192.0.2.2",
		"d.example.org. DNAME example.net.", "below.d.example.org. A 192.0.2.3", "www.example.org. NSEC a.example.org. A",
		"cds.example.org. CDS 1 13 2 " + strings.Repeat("00", 32),
	}
	for _, content := range []bool{false, true} {
		got := map[string]bool{}
		for _, q := range Sample(version(t, lines...), content) {
			got[q.String()] = true
		}
		want := map[string]bool{"www.example.org. A": true, "d.example.org. DNAME": true}
		if !content {
			want["cds.example.org. CDS"] = true
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("content %t: %v", content, got)
		}
	}
}

func TestTheSampleOfALargeZone(t *testing.T) {
	var lines []string
	for i := range 500 {
		lines = append(lines, fmt.Sprintf("h%d.example.org. A 192.0.2.1", i))
	}
	v := version(t, lines...)
	all := map[Question]bool{}
	for range 30 {
		list := Sample(v, false)
		if len(list) == 0 || len(list) > SampleSize {
			t.Fatalf("%d questions", len(list))
		}
		for _, q := range list {
			all[q] = true
		}
	}
	if len(all) < 300 {
		t.Errorf("of 500 names, only %d were ever drawn", len(all))
	}
}

func TestQuestionsAreOfTheApexAndOfWhatIsProtected(t *testing.T) {
	protected := []Question{{apex, dns.TypeMX}, www, {apex, dns.TypeDNSKEY}}
	if got := fmt.Sprint(Questions(apex, protected, false)); got != "[example.org. SOA example.org. NS example.org. DNSKEY example.org. MX www.example.org. A]" {
		t.Error(got)
	}
	if got := fmt.Sprint(Questions(apex, protected, true)); got != "[example.org. SOA example.org. NS example.org. MX www.example.org. A]" {
		t.Error(got)
	}
}
