package ask

import (
	"slices"
	"testing"

	"github.com/miekg/dns"
)

func TestLinesIgnoreTheCaseOfNamesAndKeepTheRest(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"WWW.Example.ORG. 60 IN MX 10 Mail.Example.ORG.": "www.example.org. 60 IN MX 10 mail.example.org.",
		`A.example. 60 IN TXT "Two  Words" "a\009b"`:     `a.example. 60 IN TXT "Two  Words" "a\009b"`,
		"B.example. 60 IN SRV 1 2 3 T.Example.":          "b.example. 60 IN SRV 1 2 3 t.example.",
	} {
		rr, err := dns.NewRR(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := Line(rr); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
	a, b := txt("b.example."), txt("a.example.")
	if got := Lines([]dns.RR{a, b}); !slices.IsSorted(got) || a.Header().Name != "b.example." {
		t.Errorf("%v", got)
	}
}

func txt(owner string) dns.RR {
	return &dns.TXT{Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{"x"}}
}

// soa stands for any record: 0 is not an SOA.
func TestTheEndOfATransfer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		ixfr    bool
		records []uint32
		end     bool
	}{
		{"AXFR", false, []uint32{3, 0, 0, 3}, true},
		{"AXFR without end", false, []uint32{3, 0, 0}, false},
		{"AXFR of an SOA alone", false, []uint32{3, 3}, true},
		{"IXFR with nothing new", true, []uint32{1}, true},
		{"IXFR of which only the SOA came yet", true, []uint32{3}, false},
		{"IXFR in AXFR form", true, []uint32{3, 0, 0, 3}, true},
		{"IXFR of one sequence", true, []uint32{3, 1, 0, 3, 0, 3}, true},
		{"IXFR before the last additions", true, []uint32{3, 1, 0, 3, 0}, false},
		{"IXFR of two sequences", true, []uint32{3, 1, 0, 2, 0, 2, 0, 3, 0, 3}, true},
		{"IXFR with the second sequence open", true, []uint32{3, 1, 0, 2, 0, 2, 0, 3}, false},
	} {
		e := &ending{ixfr: c.ixfr, serial: 1}
		for i, serial := range c.records {
			rr := txt("x.")
			if serial > 0 {
				rr = &dns.SOA{Serial: serial}
			}
			if e.reached {
				t.Errorf("%s: over before record %d", c.name, i)
			}
			if err := e.see(rr); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if e.whole() != c.end {
			t.Errorf("%s: end %t", c.name, !c.end)
		}
	}
}
