package rdata

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// fuzzSeeds are all RDATA of the table, each in a message behind the names.
func fuzzSeeds(f *testing.F) {
	for _, l := range layouts {
		for _, rrtype := range l.types {
			for _, data := range l.good {
				f.Add(append(bytes.Clone(names), data...), len(names), len(data), rrtype)
			}
			for _, data := range l.bad {
				f.Add(append(bytes.Clone(names), data...), len(names), len(data), rrtype)
			}
		}
	}
	f.Add([]byte("\x00"), -1, math.MaxInt-1, uint16(1))
}

// FuzzExpand: whatever a message holds, Expand does not panic, and what it makes is a fixed point: RDATA
// that can stand in any message, that has a canonical form, and that other software reads.
func FuzzExpand(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, msg []byte, off, length int, rrtype uint16) {
		data, err := Expand(nil, msg, off, length, rrtype)
		if err != nil {
			return
		}
		if len(data) > 65535 && length <= 65535 {
			t.Fatalf("%d octets", len(data))
		}
		again, err := Expand([]byte("before"), append([]byte("other"), data...), 5, len(data), rrtype)
		if err != nil || string(again) != "before"+string(data) {
			t.Fatalf("%x expands to %x, and that to %x, %v", msg, data, again, err)
		}
		canonical := AppendCanonical(nil, data, rrtype)
		if !bytes.Equal(AppendCanonical(nil, canonical, rrtype), canonical) || len(canonical) != len(data) {
			t.Fatalf("%x has the canonical form %x", data, canonical)
		}
		if !Folds(rrtype) && !bytes.Equal(canonical, data) {
			t.Fatalf("%x was changed to %x", data, canonical)
		}
		if name, ok := Target(data, rrtype); ok {
			if n, err := owner.Len(name); err != nil || n != len(name) {
				t.Fatalf("%x has the target %x", data, name)
			}
		}
		if layoutOf(rrtype) != nil {
			readElsewhere(t, data, rrtype)
		}
	})
}

// FuzzCanonical: AppendCanonical and Target do not panic, whatever octets they are given.
func FuzzCanonical(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte, _, _ int, rrtype uint16) {
		if got := AppendCanonical(nil, data, rrtype); len(got) != len(data) {
			t.Fatalf("%x has the canonical form %x", data, got)
		}
		Target(data, rrtype)
	})
}

// stricterElsewhere are the types of which miekg/dns refuses some RDATA that is taken here.
var stricterElsewhere = map[uint16]string{
	dns.TypeSVCB:  "SvcParams are opaque here (RFC 9460 §2.2 leaves their meaning to the client)",
	dns.TypeHTTPS: "as SVCB",
	dns.TypeNXT:   "it reads the bit map of RFC 2535 as that of an NSEC",
}

// readElsewhere checks that miekg/dns takes the RDATA as well, and keeps what it says.
func readElsewhere(t *testing.T, data []byte, rrtype uint16) {
	if _, differs := stricterElsewhere[rrtype]; differs || len(data) > 65535 {
		return
	}
	head := binary.BigEndian.AppendUint16([]byte{0}, rrtype)
	head = append(head, 0, 1, 0, 0, 0, 0)
	msg := append(binary.BigEndian.AppendUint16(head, uint16(len(data))), data...)
	rr, off, err := dns.UnpackRR(msg, 0)
	if err != nil || off != len(msg) {
		t.Fatalf("%s %x: miekg/dns says %v, %d of %d octets", dns.Type(rrtype), data, err, off, len(msg))
	}
	if rr.Header().Rrtype != rrtype {
		t.Fatalf("%s became %s", dns.Type(rrtype), dns.Type(rr.Header().Rrtype))
	}
}

// TestMoreIsTakenElsewhere: RDATA that this package refuses and miekg/dns takes, and why.
func TestMoreIsTakenElsewhere(t *testing.T) {
	for _, c := range []struct {
		rrtype uint16
		data   string
	}{
		{dns.TypeDS, "\x00\x01\x08\x02"},                        // no digest
		{dns.TypeDNSKEY, "\x01\x01\x03\x08"},                    // no key
		{dns.TypeRRSIG, eighteen + target},                      // no signature
		{dns.TypeNSEC3, "\x01\x00\x00\x00\x00\x00\x00\x01\x40"}, // no hash
		{dns.TypeCAA, "\x00\x00ca"},                             // no tag
	} {
		if got, err := Expand(nil, []byte(c.data), 0, len(c.data), c.rrtype); err == nil {
			t.Errorf("%s: %x", dns.Type(c.rrtype), got)
		}
		readElsewhere(t, []byte(c.data), c.rrtype)
	}
}
