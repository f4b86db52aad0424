package rdata

import (
	"strings"

	"github.com/miekg/dns"
)

// A message for the tests begins with these names; what is tested comes behind them.
//
//	0: Example.  9: www.Example.
var names = wire("\x07Example\x00", "\x03www\xc0\x00")

func wire(parts ...string) []byte { return []byte(strings.Join(parts, "")) }

// The RDATA parts that the tests are made of. In a message they refer to names.
const (
	target   = "\x03www\x07Example\x00"
	lower    = "\x03www\x07example\x00"
	pointer  = "\xc0\x09" // the same as target
	twenty   = "01234567890123456789"
	eighteen = "\x00\x01" + "3456789012345678"
)

// layouts are, for every layout, RDATA in well-formed and in malformed ways. The first well-formed one has
// all names written out.
var layouts = []struct {
	types []uint16
	good  []string
	bad   map[string]string
}{
	{[]uint16{dns.TypeA}, []string{"abcd"}, map[string]string{"short": "abc", "long": "abcde", "empty": ""}},
	{[]uint16{dns.TypeAAAA}, []string{"0123456789abcdef"}, map[string]string{"short": "0123456789abcde", "long": "0123456789abcdefg"}},
	{[]uint16{dns.TypeL32, dns.TypeEUI48}, []string{"012345"}, map[string]string{"short": "01234", "long": "0123456"}},
	{[]uint16{dns.TypeEUI64}, []string{"01234567"}, map[string]string{"short": "0123456", "long": "012345678"}},
	{[]uint16{dns.TypeL64, dns.TypeNID}, []string{"0123456789"}, map[string]string{"short": "012345678", "long": "0123456789a"}},
	{
		[]uint16{dns.TypeNS, dns.TypeMD, dns.TypeMF, dns.TypeCNAME, dns.TypeMB, dns.TypeMG, dns.TypeMR, dns.TypePTR, dns.TypeDNAME},
		[]string{target, pointer, "\x00", "\x01a\xc0\x00"},
		map[string]string{
			"empty": "", "cut off in a label": "\x03ww", "without the root": "\x03www", "octets behind the name": target + "x",
			"a pointer forwards": "\xc0\x7f", "a pointer to itself": "\xc0\x0f", "half a pointer": "\xc0", "label type 01": "\x41a\x00",
			"a name of 256 octets": strings.Repeat("\x3f"+strings.Repeat("a", 63), 3) + "\x3e" + strings.Repeat("a", 62) + "\x00",
		},
	},
	{
		[]uint16{dns.TypeSOA}, []string{target + target + twenty, pointer + pointer + twenty},
		map[string]string{"one name": target + twenty, "short": target + target + twenty[1:], "long": target + target + twenty + "x"},
	},
	{[]uint16{dns.TypeMINFO, dns.TypeRP}, []string{target + target, pointer + pointer, target + "\xc0\x0f"}, map[string]string{"one name": target, "three": target + target + target}},
	{
		[]uint16{dns.TypeMX, dns.TypeAFSDB, dns.TypeRT, dns.TypeKX, dns.TypeLP},
		[]string{"\x00\x01" + target, "\x00\x01" + pointer},
		map[string]string{"no name": "\x00\x01", "half a preference": "\x00", "octets behind the name": "\x00\x01" + target + "x"},
	},
	{[]uint16{dns.TypePX}, []string{"\x00\x01" + target + target, "\x00\x01" + pointer + pointer}, map[string]string{"one name": "\x00\x01" + target}},
	{[]uint16{dns.TypeSRV}, []string{"012345" + target, "012345" + pointer}, map[string]string{"no name": "012345", "short": "01234\x00"}},
	{[]uint16{dns.TypeHINFO}, []string{"\x01a\x02bc", "\x00\x00"}, map[string]string{"one string": "\x01a", "three": "\x01a\x01b\x01c", "cut off": "\x01a\x02b"}},
	{
		[]uint16{dns.TypeTXT, dns.TypeSPF}, []string{"\x01a\x02bc", "\x00", "\x01a"},
		map[string]string{"no string": "", "cut off": "\x01a\x02b", "length octet alone": "\x01a\x02"},
	},
	{
		[]uint16{dns.TypeNAPTR}, []string{"\x00\x01\x00\x02\x01u\x01x\x00" + target, "\x00\x01\x00\x02\x01u\x01x\x00" + pointer},
		map[string]string{"no name": "\x00\x01\x00\x02\x01u\x01x\x00", "cut off": "\x00\x01\x00"},
	},
	{[]uint16{dns.TypeSIG, dns.TypeNXT}, nil, nil}, // obsolete; see TestObsoleteSignatures
	{
		[]uint16{dns.TypeDS, dns.TypeDNSKEY, dns.TypeCDS, dns.TypeCDNSKEY}, []string{"\x00\x01\x08\x02x", "\x00\x00\x00\x00\x00"},
		map[string]string{"no digest or key": "\x00\x01\x08\x02", "cut off": "\x00\x01\x08"},
	},
	{[]uint16{dns.TypeSSHFP}, []string{"\x01\x02x"}, map[string]string{"no fingerprint": "\x01\x02", "cut off": "\x01"}},
	{[]uint16{dns.TypeTLSA, dns.TypeSMIMEA}, []string{"\x03\x01\x01x"}, map[string]string{"no data": "\x03\x01\x01", "cut off": "\x03\x01"}},
	{[]uint16{dns.TypeOPENPGPKEY}, []string{"x"}, map[string]string{"empty": ""}},
	{[]uint16{dns.TypeZONEMD}, []string{"\x00\x00\x00\x01\x01\x01x"}, map[string]string{"no digest": "\x00\x00\x00\x01\x01\x01", "cut off": "\x00\x00\x00\x01\x01"}},
	{
		[]uint16{dns.TypeRRSIG}, []string{eighteen + target + "s", eighteen + pointer + "s"},
		map[string]string{"no signature": eighteen + target, "no signer": eighteen, "cut off": eighteen[1:]},
	},
	{
		[]uint16{dns.TypeNSEC}, []string{target + "\x00\x01\x40", pointer + "\x00\x01\x40", target, target + "\x00\x20" + strings.Repeat("\xff", 32), target + "\x00\x01\x40\x01\x01\x40"},
		badBitmaps(target),
	},
	{[]uint16{dns.TypeCSYNC}, []string{"\x00\x00\x00\x01\x00\x03\x00\x01\x40"}, badBitmaps("\x00\x00\x00\x01\x00\x03")},
	{
		[]uint16{dns.TypeNSEC3}, []string{"\x01\x00\x00\x00\x00\x01h\x00\x01\x40", "\x01\x01\x00\x05\x02ab\x01h"},
		map[string]string{
			"no hash": "\x01\x00\x00\x00\x00", "an empty hash": "\x01\x00\x00\x00\x00\x00", "a hash cut off": "\x01\x00\x00\x00\x00\x02h",
			"no salt": "\x01\x00\x00\x00", "a bad bitmap": "\x01\x00\x00\x00\x00\x01h\x00\x00",
		},
	},
	{[]uint16{dns.TypeNSEC3PARAM}, []string{"\x01\x00\x00\x00\x00", "\x01\x00\x00\x05\x02ab"}, map[string]string{"no salt": "\x01\x00\x00\x00", "octets behind the salt": "\x01\x00\x00\x00\x00x"}},
	{
		[]uint16{dns.TypeSVCB, dns.TypeHTTPS}, []string{"\x00\x01" + target + "\x00\x03\x00\x02\x01\xbb", "\x00\x00" + target, "\x00\x01\x00"},
		map[string]string{"no target": "\x00\x01", "cut off": "\x00", "target cut off": "\x00\x01\x03ww"},
	},
	{[]uint16{dns.TypeCAA}, []string{"\x00\x05issueca", "\x80\x03tbs"}, map[string]string{"no tag": "\x00", "an empty tag": "\x00\x00ca", "tag cut off": "\x00\x05issu"}},
}

func badBitmaps(before string) map[string]string {
	return map[string]string{
		"half a window": before + "\x00", "an empty window": before + "\x00\x00", "33 octets": before + "\x00\x21" + strings.Repeat("\xff", 33),
		"a window cut off": before + "\x00\x02\x40", "a window twice": before + "\x00\x01\x40\x00\x01\x40", "windows in the wrong order": before + "\x01\x01\x40\x00\x01\x40",
	}
}
