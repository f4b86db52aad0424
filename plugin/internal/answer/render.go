package answer

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// AppendRRs renders records and appends them to dst. Each [dns.RR] is a fresh copy that shares no memory that
// can be written with the zone or with another: later plugins change what they are given. RDATA comes out
// of [dns.Msg.Pack] as it is in the zone, octet by octet, but for the compression of names.
func AppendRRs(dst []dns.RR, records ...Record) []dns.RR {
	for i := range records {
		dst = appendRecord(dst, &records[i])
	}
	return dst
}

func appendRecord(dst []dns.RR, r *Record) []dns.RR {
	hdr := dns.RR_Header{Name: nameString(r.Owner), Rrtype: r.Type(), Class: dns.ClassINET, Ttl: r.TTL}
	if r.Target != nil {
		return append(dst, decode(hdr, r.Target))
	}
	if r.Parts&Data != 0 {
		for data := range r.Set.Data() {
			dst = append(dst, decode(hdr, data))
		}
	}
	if r.Parts&Sigs != 0 {
		hdr.Rrtype, hdr.Ttl = dns.TypeRRSIG, r.SigTTL
		for data := range r.Set.Sigs() {
			dst = append(dst, decode(hdr, data))
		}
	}
	return dst
}

// nameString is the presentation form of a name. Most names need no escapes and are copied.
func nameString(name owner.Name) string {
	if len(name) == 1 {
		return "."
	}
	var room [owner.MaxName]byte
	s := room[:0]
	for off := 0; name[off] != 0; {
		end := off + 1 + int(name[off])
		for _, b := range name[off+1 : end] {
			if !plain[b] {
				return name.String()
			}
			s = append(s, b)
		}
		s = append(s, '.')
		off = end
	}
	return string(s)
}

// plain marks the octets that stand for themselves in a name. There are more; these are the frequent ones.
var plain = func() (table [256]bool) {
	for _, b := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*" {
		table[b] = true
	}
	return table
}()

// wholeName is the name that data begins with and its length, or a length of zero.
func wholeName(data []byte) (string, int) {
	n, err := owner.Len(data)
	if err != nil {
		return "", 0
	}
	return nameString(owner.Name(data[:n])), n
}
