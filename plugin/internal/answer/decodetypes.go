package answer

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net"

	"github.com/miekg/dns"
)

// The address types carry their octets in the same allocation.
type (
	recordA struct {
		dns.A
		octets [net.IPv4len]byte
	}
	recordAAAA struct {
		dns.AAAA
		octets [net.IPv6len]byte
	}
)

func decodeAddress(hdr dns.RR_Header, data []byte) dns.RR {
	switch {
	case hdr.Rrtype == dns.TypeA && len(data) == net.IPv4len:
		r := &recordA{octets: [net.IPv4len]byte(data)}
		r.Hdr, r.A.A = hdr, r.octets[:]
		return &r.A
	case hdr.Rrtype == dns.TypeAAAA && len(data) == net.IPv6len:
		r := &recordAAAA{octets: [net.IPv6len]byte(data)}
		r.Hdr, r.AAAA.AAAA = hdr, r.octets[:]
		return &r.AAAA
	}
	return nil
}

func decodeName(hdr dns.RR_Header, data []byte) dns.RR {
	name, n := wholeName(data)
	if n == 0 || n != len(data) {
		return nil
	}
	switch hdr.Rrtype {
	case dns.TypeNS:
		return &dns.NS{Hdr: hdr, Ns: name}
	case dns.TypeCNAME:
		return &dns.CNAME{Hdr: hdr, Target: name}
	case dns.TypeDNAME:
		return &dns.DNAME{Hdr: hdr, Target: name}
	}
	return &dns.PTR{Hdr: hdr, Ptr: name}
}

func decodeExchange(hdr dns.RR_Header, data []byte) dns.RR {
	off := 2
	if hdr.Rrtype == dns.TypeSRV {
		off = 6
	}
	if len(data) <= off {
		return nil
	}
	name, n := wholeName(data[off:])
	if n == 0 || off+n != len(data) {
		return nil
	}
	first := binary.BigEndian.Uint16(data)
	if hdr.Rrtype == dns.TypeMX {
		return &dns.MX{Hdr: hdr, Preference: first, Mx: name}
	}
	return &dns.SRV{
		Hdr: hdr, Priority: first, Target: name,
		Weight: binary.BigEndian.Uint16(data[2:]), Port: binary.BigEndian.Uint16(data[4:]),
	}
}

func decodeSOA(hdr dns.RR_Header, data []byte) dns.RR {
	ns, n := wholeName(data)
	if n == 0 {
		return nil
	}
	mbox, m := wholeName(data[n:])
	if m == 0 || len(data) != n+m+20 {
		return nil
	}
	numbers := data[n+m:]
	return &dns.SOA{
		Hdr: hdr, Ns: ns, Mbox: mbox,
		Serial:  binary.BigEndian.Uint32(numbers),
		Refresh: binary.BigEndian.Uint32(numbers[4:]),
		Retry:   binary.BigEndian.Uint32(numbers[8:]),
		Expire:  binary.BigEndian.Uint32(numbers[12:]),
		Minttl:  binary.BigEndian.Uint32(numbers[16:]),
	}
}

func decodeTXT(hdr dns.RR_Header, data []byte) dns.RR {
	if len(data) == 0 {
		return nil
	}
	strings := make([]string, 0, 1)
	for off := 0; off < len(data); {
		end := off + 1 + int(data[off])
		if end > len(data) || needsEscape(data[off+1:end]) {
			return nil
		}
		strings = append(strings, string(data[off+1:end]))
		off = end
	}
	return &dns.TXT{Hdr: hdr, Txt: strings}
}

// needsEscape says that a character-string differs from its presentation form (RFC 1035 §5.1).
func needsEscape(text []byte) bool {
	for _, b := range text {
		if b < ' ' || b > '~' || b == '"' || b == '\\' {
			return true
		}
	}
	return false
}

func decodeRRSIG(hdr dns.RR_Header, data []byte) dns.RR {
	const fixed = 18
	if len(data) <= fixed {
		return nil
	}
	signer, n := wholeName(data[fixed:])
	if n == 0 || fixed+n == len(data) {
		return nil
	}
	return &dns.RRSIG{
		Hdr:         hdr,
		TypeCovered: binary.BigEndian.Uint16(data),
		Algorithm:   data[2],
		Labels:      data[3],
		OrigTtl:     binary.BigEndian.Uint32(data[4:]),
		Expiration:  binary.BigEndian.Uint32(data[8:]),
		Inception:   binary.BigEndian.Uint32(data[12:]),
		KeyTag:      binary.BigEndian.Uint16(data[16:]),
		SignerName:  signer,
		Signature:   base64.StdEncoding.EncodeToString(data[fixed+n:]),
	}
}

func decodeKey(hdr dns.RR_Header, data []byte) dns.RR {
	const fixed = 4
	if len(data) <= fixed {
		return nil
	}
	first := binary.BigEndian.Uint16(data)
	if hdr.Rrtype == dns.TypeDS {
		return &dns.DS{
			Hdr: hdr, KeyTag: first, Algorithm: data[2], DigestType: data[3], Digest: hex.EncodeToString(data[fixed:]),
		}
	}
	return &dns.DNSKEY{
		Hdr: hdr, Flags: first, Protocol: data[2], Algorithm: data[3],
		PublicKey: base64.StdEncoding.EncodeToString(data[fixed:]),
	}
}
