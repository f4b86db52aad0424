package rdata

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

func expand(data string, rrtype uint16) ([]byte, error) {
	msg := append(bytes.Clone(names), data...)
	return Expand(nil, msg, len(names), len(data), rrtype)
}

func TestExpandEveryLayout(t *testing.T) {
	for _, l := range layouts {
		for _, rrtype := range l.types {
			for _, data := range l.good {
				got, err := expand(data, rrtype)
				want := writtenOut(data)
				if err != nil || string(got) != want {
					t.Errorf("%s %q: %q, %v", dns.Type(rrtype), data, got, err)
				}
			}
			for what, data := range l.bad {
				if got, err := expand(data, rrtype); err == nil {
					t.Errorf("%s, %s: %q is taken as %q", dns.Type(rrtype), what, data, got)
				}
			}
		}
	}
}

// writtenOut puts the names in place of the pointers.
func writtenOut(data string) string {
	for {
		next := strings.NewReplacer(pointer, target, "\xc0\x00", "\x07Example\x00", "\xc0\x0f", target).Replace(data)
		if next == data {
			return data
		}
		data = next
	}
}

// TestEveryLayoutIsTested finds a layout that was added without its lines above.
func TestEveryLayoutIsTested(t *testing.T) {
	var tested []uint16
	for _, l := range layouts {
		tested = append(tested, l.types...)
	}
	for rrtype := range 1 << 16 {
		if known := layoutOf(uint16(rrtype)) != nil; known != slices.Contains(tested, uint16(rrtype)) {
			t.Errorf("%s: known %v", dns.Type(rrtype), known)
		}
	}
}

func TestObsoleteSignatures(t *testing.T) {
	for _, c := range []struct {
		rrtype uint16
		data   string
		ok     bool
	}{
		{dns.TypeSIG, eighteen + pointer + "s", true},
		{dns.TypeSIG, eighteen + pointer, true}, // SIG(0) in a template
		{dns.TypeSIG, eighteen, false},
		{dns.TypeNXT, pointer + "\x40", true},
		{dns.TypeNXT, pointer, true},
		{dns.TypeNXT, "", false},
	} {
		got, err := expand(c.data, c.rrtype)
		if (err == nil) != c.ok || c.ok && string(got) != writtenOut(c.data) {
			t.Errorf("%s %q: %q, %v", dns.Type(c.rrtype), c.data, got, err)
		}
	}
}

func TestUnknownTypesAreOpaque(t *testing.T) {
	for _, rrtype := range []uint16{65280, dns.TypeLOC, dns.TypeHIP, 0, 65535} {
		for _, data := range []string{"", "\xc0\x00", "\xff\xff\xff"} {
			if got, err := expand(data, rrtype); err != nil || string(got) != data {
				t.Errorf("TYPE%d %q: %q, %v", rrtype, data, got, err)
			}
		}
	}
}

func TestExpandStaysWithinItsOctets(t *testing.T) {
	msg := append(bytes.Clone(names), "\x00\x01\x03www\x00behind"...)
	for _, c := range []struct {
		what        string
		off, length int
		rrtype      uint16
	}{
		{"a name that ends behind the RDATA", len(names) + 2, 3, dns.TypeNS},
		{"a name before the rest that ends behind the RDATA", len(names), 5, dns.TypeSVCB},
		{"a name that begins behind the RDATA", len(names), 2, dns.TypeMX},
		{"a string that ends behind the RDATA", len(names) + 2, 3, dns.TypeTXT},
		{"RDATA beyond the message", len(msg) - 2, 4, dns.TypeA},
		{"opaque RDATA beyond the message", len(msg) - 2, 4, 65280},
		{"a negative offset", -1, 4, dns.TypeA},
		{"a negative length", 4, -1, 65280},
	} {
		if got, err := Expand(nil, msg, c.off, c.length, c.rrtype); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %q, %v", c.what, got, err)
		}
	}
	if got, err := Expand([]byte("kept"), msg, len(names), 7, dns.TypeMX); err != nil || string(got) != "kept\x00\x01\x03www\x00" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRDATAThatIsTooLongOnceWrittenOutIsRefused(t *testing.T) {
	for _, c := range []struct {
		extra int
		ok    bool
	}{{0, true}, {1, false}} {
		data := eighteen + pointer + strings.Repeat("s", 65535-18-len(target)+c.extra)
		got, err := expand(data, dns.TypeRRSIG)
		if (err == nil) != c.ok || c.ok && len(got) != 65535 {
			t.Errorf("%d octets: %v", len(got), err)
		}
	}
}

func TestCanonicalForm(t *testing.T) {
	folded := []struct {
		rrtype         uint16
		data, expected string
	}{
		{dns.TypeNS, target, lower}, {dns.TypeCNAME, target, lower}, {dns.TypePTR, target, lower}, {dns.TypeDNAME, target, lower},
		{dns.TypeSOA, target + target + "ABCDEFGHIJKLMNOPQRST", lower + lower + "ABCDEFGHIJKLMNOPQRST"},
		{dns.TypeMX, "AB" + target, "AB" + lower}, {dns.TypeSRV, "ABCDEF" + target, "ABCDEF" + lower},
		{dns.TypePX, "AB" + target + target, "AB" + lower + lower}, {dns.TypeRP, target + target, lower + lower},
		{dns.TypeNAPTR, "ABCD\x01U\x01X\x00" + target, "ABCD\x01U\x01X\x00" + lower},
		{dns.TypeRRSIG, "ABCDEFGHIJKLMNOPQR" + target + "SIG", "ABCDEFGHIJKLMNOPQR" + lower + "SIG"}, // RFC 6840 §5.1
		{dns.TypeSIG, "ABCDEFGHIJKLMNOPQR" + target, "ABCDEFGHIJKLMNOPQR" + lower},
		{dns.TypeNXT, target + "ABC", lower + "ABC"},
	}
	for _, c := range folded {
		if got := AppendCanonical([]byte("X"), []byte(c.data), c.rrtype); string(got) != "X"+c.expected || !Folds(c.rrtype) {
			t.Errorf("%s %q: %q", dns.Type(c.rrtype), c.data, got)
		}
	}
	kept := []struct {
		rrtype uint16
		data   string
	}{
		{dns.TypeNSEC, target + "\x00\x01A"}, {dns.TypeSVCB, "\x00\x01" + target + "ABC"}, {dns.TypeHTTPS, "\x00\x01" + target}, // D13
		{dns.TypeLP, "AB" + target}, {dns.TypeTXT, "\x03ABC"}, {dns.TypeHINFO, "\x01A\x01B"}, {dns.TypeCAA, "\x00\x05ISSUEca"},
		{65280, target}, {dns.TypeA, "ABCD"},
	}
	for _, c := range kept {
		if got := AppendCanonical([]byte("X"), []byte(c.data), c.rrtype); string(got) != "X"+c.data || Folds(c.rrtype) {
			t.Errorf("%s %q: %q", dns.Type(c.rrtype), c.data, got)
		}
	}
}

func TestTarget(t *testing.T) {
	for _, c := range []struct {
		before string
		types  []uint16
	}{
		{"", []uint16{dns.TypeNS, dns.TypeCNAME, dns.TypeDNAME, dns.TypePTR, dns.TypeMB, dns.TypeMD, dns.TypeMF}},
		{"\x00\x05", []uint16{dns.TypeMX, dns.TypeKX, dns.TypeAFSDB, dns.TypeRT, dns.TypeSVCB, dns.TypeHTTPS, dns.TypeLP}},
		{"\x00\x01\x00\x02\x00\x35", []uint16{dns.TypeSRV}},
	} {
		for _, rrtype := range c.types {
			behind := ""
			if rrtype == dns.TypeHTTPS {
				behind = "\x00\x03\x00\x02\x01\xbb"
			}
			if got, ok := Target([]byte(c.before+target+behind), rrtype); !ok || !bytes.Equal(got, owner.MustParse("www.Example.")) {
				t.Errorf("%s: %s, %v", dns.Type(rrtype), got, ok)
			}
			for n := range len(c.before + target) {
				if got, ok := Target([]byte(c.before + target)[:n], rrtype); ok {
					t.Errorf("%s of %d octets: %s", dns.Type(rrtype), n, got)
				}
			}
		}
	}
	for _, rrtype := range []uint16{dns.TypeA, dns.TypeTXT, dns.TypeSOA, dns.TypeNSEC, dns.TypeRRSIG, 65280} {
		if got, ok := Target([]byte(target), rrtype); ok {
			t.Errorf("%s: %s", dns.Type(rrtype), got)
		}
	}
}

func TestCovered(t *testing.T) {
	if got := Covered([]byte("\x01\x02")); got != 0x0102 {
		t.Errorf("%#x", got)
	}
}
