package guard

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

var apex = owner.MustParse("example.")

// version is a zone with an SOA of the given serial and the given other records.
func version(t *testing.T, s serial.Serial, others ...zone.RR) *zone.Version {
	t.Helper()
	soa := binary.BigEndian.AppendUint32([]byte{0, 0}, uint32(s))
	txn := zone.Replace(apex, nil)
	for _, rr := range append(others, zone.RR{Owner: apex, Type: dns.TypeSOA, Data: append(soa, make([]byte, 16)...)}) {
		if err := txn.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func ns(name string) zone.RR {
	return zone.RR{Owner: owner.MustParse(name), Type: dns.TypeNS, Data: owner.MustParse("ns.example.")}
}

func judge(c Candidate) error { return Rules{}.Judge(c) }

func TestEveryZoneHasNSAtItsApex(t *testing.T) {
	sig := make([]byte, 18, 24)
	binary.BigEndian.PutUint16(sig, dns.TypeNS)
	signature := zone.RR{Owner: apex, Type: dns.TypeRRSIG, Data: append(append(sig, apex...), 's')}
	for _, c := range []struct {
		name    string
		records []zone.RR
		ok      bool
	}{
		{"one NS at the apex", []zone.RR{ns("example.")}, true},
		{"the apex in upper case", []zone.RR{ns("EXAMPLE.")}, true},
		{"D3: nothing but the SOA", nil, false},
		{"NS below the apex only", []zone.RR{ns("sub.example.")}, false},
		{"other records at the apex", []zone.RR{{Owner: apex, Type: dns.TypeA, Data: []byte("abcd")}}, false},
		{"a signature over NS that are not there", []zone.RR{signature}, false},
		{"NS with its signature", []zone.RR{signature, ns("example.")}, true},
	} {
		for _, old := range []*zone.Version{nil, version(t, 1, ns("example."))} {
			err := judge(Candidate{Old: old, Version: version(t, 2, c.records...)})
			if (err == nil) != c.ok || !c.ok && !errors.Is(err, ErrRejected) {
				t.Errorf("%s (first version: %v): %v", c.name, old == nil, err)
			}
		}
	}
}

func TestSerialsDoNotGoBack(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new serial.Serial
		ok       bool
	}{
		{"the next one", 1, 2, true},
		{"the same: the operator asked for the whole zone again", 7, 7, true},
		{"one less", 2, 1, false},
		{"over the end of the numbers", 4294967295, 1, true},
		{"back over the end of the numbers", 1, 4294967295, false},
		{"drill 28: the largest step", 5, 5 + serial.Max, true},
		{"drill 29: one more has no order", 5, 5 + serial.Max + 1, false},
		{"two more is a step back", 5, 5 + serial.Max + 2, false},
		{"zero is a serial", 4294967295, 0, true},
		{"down to zero", 1, 0, false},
	} {
		err := judge(Candidate{Old: version(t, c.old, ns("example.")), Version: version(t, c.new, ns("example."))})
		if (err == nil) != c.ok || !c.ok && !errors.Is(err, ErrRejected) {
			t.Errorf("%s: %s to %s: %v", c.name, c.old, c.new, err)
		}
		if err != nil && (!strings.Contains(err.Error(), c.old.String()) || !strings.Contains(err.Error(), c.new.String())) {
			t.Errorf("%s: the reason does not name both serials: %v", c.name, err)
		}
	}
}

func TestAFirstVersionMayHaveAnySerial(t *testing.T) {
	for _, s := range []serial.Serial{0, 1, serial.Max + 1, 4294967295} {
		if err := judge(Candidate{Version: version(t, s, ns("example."))}); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}
