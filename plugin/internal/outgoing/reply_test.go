package outgoing

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// lineage is a zone of a hundred hosts at serials 4294967294, 4294967295, 1 and 2; the first delta is not kept.
// At each step one address comes, and the one of the step before goes.
func lineage(t testing.TB) zone.Published {
	t.Helper()
	var base []zone.RR
	for i := range 100 {
		base = append(base, record(fmt.Sprintf("h%d.example.org. 300 A 192.0.2.1", i)))
	}
	var p zone.Published
	for i, serial := range []uint32{4294967294, 4294967295, 1, 2} {
		var d *zone.Delta
		p.Version, d = version(t, p.Version, serial, append(slices.Clone(base), record(fmt.Sprintf("www.example.org. 300 A 192.0.2.%d", i)))...)
		if i > 1 {
			p.Deltas = append(p.Deltas, d)
		}
	}
	return p
}

func TestEachClientGetsWhatItNeeds(t *testing.T) {
	p := lineage(t)
	for _, c := range []struct {
		name  string
		qtype uint16
		have  serial.Serial
		ratio int
		kind  Kind
	}{
		{"AXFR", dns.TypeAXFR, 2, 100, Whole},
		{"48: the same version", dns.TypeIXFR, 2, 100, Current},
		{"48, D16: a newer client", dns.TypeIXFR, 3, 100, Current},
		{"48: a client at an incomparable serial", dns.TypeIXFR, 2 + 1<<31, 100, Current},
		{"the version before", dns.TypeIXFR, 1, 100, Changes},
		{"two versions before, over the wrap", dns.TypeIXFR, 4294967295, 100, Changes},
		{"49: older than all that is kept", dns.TypeIXFR, 4294967294, 100, Whole},
		{"49: a serial that never was", dns.TypeIXFR, 0, 100, Whole},
		{"51: larger than the ratio", dns.TypeIXFR, 1, 1, Whole},
	} {
		if r := Decide(p, Query{Type: c.qtype, Have: c.have}, c.ratio); r.Kind != c.kind || r.Serial() != 2 {
			t.Errorf("%s: %s to serial %d, want %s", c.name, r.Kind, r.Serial(), c.kind)
		}
	}
	if r := Decide(zone.Published{Version: p.Version}, Query{Type: dns.TypeIXFR, Have: 1}, 100); r.Kind != Whole {
		t.Errorf("without deltas: %s", r.Kind)
	}
}

// A datagram with a forged source must not make us condense all that is kept, however short the outcome.
func TestLongChainsAreNotCondensedForADatagram(t *testing.T) {
	p := lineage(t)
	long := *p.Deltas[0]
	for i := range 2000 {
		rr := record(fmt.Sprintf("x%d.example.org. 300 A 192.0.2.1", i))
		long.Added, long.Deleted = rr.AppendWire(long.Added), rr.AppendWire(long.Deleted)
		long.Additions, long.Deletions = long.Additions+1, long.Deletions+1
	}
	p.Deltas[0] = &long
	for _, c := range []struct {
		have     serial.Serial
		datagram bool
		kind     Kind
	}{
		{4294967295, false, Changes}, {4294967295, true, Current}, {1, true, Changes}, {2, true, Current}, {0, true, Whole},
	} {
		if r := Decide(p, Query{Type: dns.TypeIXFR, Have: c.have, Datagram: c.datagram}, 100); r.Kind != c.kind {
			t.Errorf("from %d, datagram %t: %s, want %s", c.have, c.datagram, r.Kind, c.kind)
		}
	}
}

func TestAChainIsCondensed(t *testing.T) {
	p := lineage(t)
	got := write(t, Decide(p, Query{Type: dns.TypeIXFR, Have: 4294967295}, 100), Query{Type: dns.TypeIXFR, Have: 4294967295}, stream)
	www := func(n int) zone.RR { return record(fmt.Sprintf("www.example.org. 300 A 192.0.2.%d", n)) }
	if w := []string{
		line("BeginDelete", soa(4294967295)), line("Delete", www(1)),
		line("BeginAdd", soa(2)), line("Add", www(3)), line("Finished", soa(2)),
	}; !slices.Equal(got.lines, w) {
		t.Errorf("got %q", got.lines)
	}
}

// IXFR of one changed address, as the benchmark beside the peers counts it.
func TestTheIXFROfOneChangeIsShort(t *testing.T) {
	p := lineage(t)
	q := Query{Type: dns.TypeIXFR, Have: 1}
	got := write(t, Decide(p, q, 100), q, stream)
	if got.sent != (Sent{Kind: Changes, Messages: 1, Records: 6, Octets: len(got.messages[0])}) {
		t.Errorf("%+v", got.sent)
	}
	m := new(dns.Msg)
	if err := m.Unpack(got.messages[0]); err != nil {
		t.Fatal(err)
	}
	m.Compress = true
	if least := m.Len(); len(got.messages[0]) > least {
		t.Errorf("%d octets, miekg/dns needs %d", len(got.messages[0]), least)
	}
	t.Logf("%d octets", len(got.messages[0]))
}

// A delta that does not parse, as from a damaged file, is never sent as if it were whole.
func TestAMalformedDeltaIsNotSent(t *testing.T) {
	p := lineage(t)
	spoilt := *p.Deltas[0]
	spoilt.Added = spoilt.Added[:len(spoilt.Added)-1]
	p.Deltas[0] = &spoilt
	if r := Decide(p, Query{Type: dns.TypeIXFR, Have: 4294967295}, 100); r.Kind != Whole {
		t.Errorf("in a chain: %s", r.Kind)
	}
	r := Reply{Kind: Changes, version: p.Version, delta: &spoilt}
	if _, err := r.Write(Query{Name: apex, Type: dns.TypeIXFR}, stream, func([]byte) error { return nil }); !errors.Is(err, rdata.ErrMalformed) {
		t.Errorf("by itself: %v", err)
	}
}
