package answer

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// parseZone reads a master file.
func parseZone(tb testing.TB, origin, text string) *zone.Version {
	tb.Helper()
	p := dns.NewZoneParser(strings.NewReader(text), origin, "")
	var rrs []dns.RR
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		rrs = append(rrs, rr)
	}
	if err := p.Err(); err != nil {
		tb.Fatal(err)
	}
	return load(tb, origin, rrs)
}

// load makes a version of records.
func load(tb testing.TB, origin string, rrs []dns.RR) *zone.Version {
	tb.Helper()
	txn := zone.Replace(owner.MustParse(origin), nil)
	for _, rr := range rrs {
		if err := txn.Add(stored(tb, rr)); err != nil {
			tb.Fatalf("%v: %v", rr, err)
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// stored is a record as it comes from a transfer.
func stored(tb testing.TB, rr dns.RR) zone.RR {
	tb.Helper()
	wire := make([]byte, 70000)
	end, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		tb.Fatalf("%v: %v", rr, err)
	}
	n, err := owner.Len(wire)
	if err != nil {
		tb.Fatal(err)
	}
	hdr := rr.Header()
	return zone.RR{Owner: wire[:n:n], Type: hdr.Rrtype, TTL: hdr.Ttl, Data: wire[n+10 : end : end]}
}
