package answer

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// RR renders one record as it stands in a zone, for transfers: a fresh copy, RDATA octet by octet.
func RR(rr zone.RR) dns.RR {
	return decode(dns.RR_Header{Name: nameString(rr.Owner), Rrtype: rr.Type, Class: dns.ClassINET, Ttl: rr.TTL}, rr.Data)
}
