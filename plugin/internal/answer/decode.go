package answer

import (
	"bytes"
	"encoding/hex"

	"github.com/miekg/dns"
)

// decode makes a record of RDATA. What it cannot express so that packing gives the same octets again, it
// hands out in the opaque form of RFC 3597.
func decode(hdr dns.RR_Header, data []byte) dns.RR {
	hdr.Rdlength = uint16(len(data))
	if rr := decodeFrequent(hdr, data); rr != nil {
		return rr
	}
	if rr := decodeChecked(hdr, data); rr != nil {
		return rr
	}
	return &dns.RFC3597{Hdr: hdr, Rdata: hex.EncodeToString(data)}
}

// decodeFrequent decodes the types that most answers are made of, or returns nil.
func decodeFrequent(hdr dns.RR_Header, data []byte) dns.RR {
	switch hdr.Rrtype {
	case dns.TypeA, dns.TypeAAAA:
		return decodeAddress(hdr, data)
	case dns.TypeNS, dns.TypeCNAME, dns.TypeDNAME, dns.TypePTR:
		return decodeName(hdr, data)
	case dns.TypeMX, dns.TypeSRV:
		return decodeExchange(hdr, data)
	case dns.TypeSOA:
		return decodeSOA(hdr, data)
	case dns.TypeTXT:
		return decodeTXT(hdr, data)
	case dns.TypeRRSIG:
		return decodeRRSIG(hdr, data)
	case dns.TypeNSEC:
		return decodeNSEC(hdr, data)
	case dns.TypeNSEC3:
		return decodeNSEC3(hdr, data)
	case dns.TypeDS, dns.TypeDNSKEY:
		return decodeKey(hdr, data)
	}
	return nil
}

// decodeChecked decodes any other type that the dns package knows, and packs it again to see whether
// the octets survive. They do not where the package is stricter than the registrant, or normalises.
func decodeChecked(hdr dns.RR_Header, data []byte) dns.RR {
	if _, known := dns.TypeToRR[hdr.Rrtype]; !known || len(data) == 0 {
		return nil
	}
	rr, off, err := dns.UnpackRRWithHeader(hdr, data, 0)
	if err != nil || off != len(data) {
		return nil
	}
	name := rr.Header().Name
	defer func() { rr.Header().Name = name }()
	rr.Header().Name = "."
	const fixed = 11 // the root name, type, class, TTL, length
	packed := make([]byte, fixed+len(data)+1)
	end, err := dns.PackRR(rr, packed, 0, nil, false)
	if err != nil || !bytes.Equal(packed[fixed:end], data) {
		return nil
	}
	return rr
}
