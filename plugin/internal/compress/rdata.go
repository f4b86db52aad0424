package compress

import (
	"encoding/binary"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// names says where the names of RDATA are that may be compressed: those of RFC 1035 and no others (RFC 3597
// §4). before is how many octets precede the first.
func names(rrtype uint16) (before, count int) {
	switch rrtype {
	case dns.TypeNS, dns.TypeCNAME, dns.TypePTR, dns.TypeMB, dns.TypeMD, dns.TypeMF, dns.TypeMG, dns.TypeMR:
		return 0, 1
	case dns.TypeSOA, dns.TypeMINFO:
		return 0, 2
	case dns.TypeMX:
		return 2, 1
	}
	return 0, 0
}

// Record appends a record of class IN. For its owner name, what is said at Owner holds.
func (c *Message) Record(name owner.Name, rrtype uint16, ttl uint32, data []byte) {
	c.Owner(name)
	c.Octets = append(c.Octets,
		byte(rrtype>>8), byte(rrtype), 0, dns.ClassINET,
		byte(ttl>>24), byte(ttl>>16), byte(ttl>>8), byte(ttl), byte(len(data)>>8), byte(len(data)))
	start := len(c.Octets)
	if c.rdata(rrtype, data) {
		binary.BigEndian.PutUint16(c.Octets[start-2:], uint16(len(c.Octets)-start))
	}
}

// rdata appends the RDATA of a record. A zone keeps them well-formed; were they not, they go as they are. It
// says whether the length may have become another one.
func (c *Message) rdata(rrtype uint16, data []byte) bool {
	before, count := names(rrtype)
	if count > 0 && before <= len(data) {
		c.Octets, data = append(c.Octets, data[:before]...), data[before:]
		for range count {
			n, err := owner.Len(data)
			if err != nil {
				break
			}
			c.Name(owner.Name(data[:n]))
			data = data[n:]
		}
	}
	c.Octets = append(c.Octets, data...)
	return count > 0
}
