// Package rdata knows the shape of resource record data (RDATA): enough to take it out of a message
// uncompressed, to refuse what is malformed, to compare it in canonical form, and to find the names in it.
// Types it does not know are opaque octets (RFC 3597).
package rdata

import "github.com/miekg/dns"

// A field is one part of an RDATA layout. Values up to 127 are a fixed number of octets.
type field uint8

const (
	foldedName field = 0x80 + iota // domain name; lower case in canonical form (RFC 4034 §6.2)
	keptName                       // domain name; its case is significant in canonical form (RFC 6840 §5.1, RFC 9460)
	text                           // one character-string: a length octet, then as many octets
	someText                       // one character-string of at least one octet
	texts                          // one or more character-strings, to the end
	bitmaps                        // type bit maps to the end (RFC 4034 §4.1.2); may be empty
	rest                           // anything, to the end; may be empty
	some                           // anything, to the end; at least one octet
)

// layoutOf is the layout of a type, or nil for an opaque one. It lists the types whose RDATA may arrive
// compressed (RFC 3597 §4), those whose names fold in canonical form, and those that every server checks.
func layoutOf(rrtype uint16) []field {
	if int(rrtype) < len(lowLayouts) {
		return lowLayouts[rrtype]
	}
	return highLayouts[rrtype]
}

var lowLayouts = [dns.TypeNSEC3PARAM + 1][]field{
	dns.TypeA:          {4},
	dns.TypeNS:         {foldedName},
	dns.TypeMD:         {foldedName},
	dns.TypeMF:         {foldedName},
	dns.TypeCNAME:      {foldedName},
	dns.TypeSOA:        {foldedName, foldedName, 20},
	dns.TypeMB:         {foldedName},
	dns.TypeMG:         {foldedName},
	dns.TypeMR:         {foldedName},
	dns.TypePTR:        {foldedName},
	dns.TypeHINFO:      {text, text},
	dns.TypeMINFO:      {foldedName, foldedName},
	dns.TypeMX:         {2, foldedName},
	dns.TypeTXT:        {texts},
	dns.TypeRP:         {foldedName, foldedName},
	dns.TypeAFSDB:      {2, foldedName},
	dns.TypeRT:         {2, foldedName},
	dns.TypeSIG:        {18, foldedName, rest},
	dns.TypePX:         {2, foldedName, foldedName},
	dns.TypeAAAA:       {16},
	dns.TypeNXT:        {foldedName, rest},
	dns.TypeSRV:        {6, foldedName},
	dns.TypeNAPTR:      {4, text, text, text, foldedName},
	dns.TypeKX:         {2, foldedName},
	dns.TypeDNAME:      {foldedName},
	dns.TypeDS:         {4, some},
	dns.TypeSSHFP:      {2, some},
	dns.TypeRRSIG:      {18, foldedName, some},
	dns.TypeNSEC:       {keptName, bitmaps},
	dns.TypeDNSKEY:     {4, some},
	dns.TypeNSEC3:      {4, text, someText, bitmaps}, // RFC 5155 §3.2: a hash has 1 to 255 octets
	dns.TypeNSEC3PARAM: {4, text},
}

var highLayouts = map[uint16][]field{
	dns.TypeTLSA:       {3, some},
	dns.TypeSMIMEA:     {3, some},
	dns.TypeCDS:        {4, some},
	dns.TypeCDNSKEY:    {4, some},
	dns.TypeOPENPGPKEY: {some},
	dns.TypeCSYNC:      {6, bitmaps},
	dns.TypeZONEMD:     {6, some},
	dns.TypeSVCB:       {2, keptName, rest},
	dns.TypeHTTPS:      {2, keptName, rest},
	dns.TypeSPF:        {texts},
	dns.TypeLP:         {2, keptName},
	dns.TypeL32:        {6},
	dns.TypeL64:        {10},
	dns.TypeNID:        {10},
	dns.TypeEUI48:      {6},
	dns.TypeEUI64:      {8},
	dns.TypeCAA:        {1, someText, rest}, // RFC 8659 §4.1: a tag has at least one octet
}
