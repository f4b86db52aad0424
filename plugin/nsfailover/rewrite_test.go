package nsfailover

import (
	"testing"

	"github.com/miekg/dns"
)

// What takes the place of an RRset takes that of its signatures, too, and of no other one.
func TestNoSignatureStays(t *testing.T) {
	rr := func(text string) dns.RR {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		return rr
	}
	sig := " 5 3 300 20300101000000 20200101000000 1 example.org. AAAA"
	before := []dns.RR{
		rr("other. 300 A 192.0.2.7"), rr("WWW. 300 A 192.0.2.99"), rr("www. 300 A 192.0.2.98"), rr("www. 300 RRSIG A" + sig),
		rr("www. 300 AAAA ::2"), rr("www. 300 RRSIG AAAA" + sig),
	}
	after := replaced(before, "www.", dns.TypeA, []dns.RR{rr("www. 30 A 192.0.2.1")})
	want := []dns.RR{before[0], rr("www. 30 A 192.0.2.1"), before[4], before[5]}
	if len(after) != len(want) {
		t.Fatalf("%v", after)
	}
	for i := range want {
		if after[i].String() != want[i].String() {
			t.Errorf("%v, want %v", after[i], want[i])
		}
	}
	if gone := replaced(before, "www.", dns.TypeA, nil); len(gone) != 3 || before[1].(*dns.A).A.String() != "192.0.2.99" {
		t.Errorf("%v of %v", gone, before)
	}
}

// Transfers go through as they are, also where a pool is a nameserver of its zone.
func TestWhatConcernsAPool(t *testing.T) {
	p := new(Plugin)
	concerns := func(qtype uint16) bool {
		return p.concerns(dns.Question{Name: "x.", Qtype: qtype, Qclass: dns.ClassINET})
	}
	if !concerns(dns.TypeA) || !concerns(dns.TypeMX) || !concerns(dns.TypeANY) || concerns(dns.TypeTXT) || concerns(dns.TypeSOA) {
		t.Error("without a nameserver")
	}
	p.nameserver.Store(true)
	if !concerns(dns.TypeA) || !concerns(dns.TypeTXT) || concerns(dns.TypeAXFR) || concerns(dns.TypeIXFR) {
		t.Error("with a nameserver")
	}
}
