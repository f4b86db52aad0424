package outgoing

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
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

// rdata appends the RDATA of a record. A zone keeps them well-formed; were they not, they go as they are.
func (p *packer) rdata(rr zone.RR) {
	before, count := names(rr.Type)
	data := rr.Data
	if count > 0 && before <= len(data) {
		p.msg, data = append(p.msg, data[:before]...), data[before:]
		for range count {
			n, err := owner.Len(data)
			if err != nil {
				break
			}
			p.name(owner.Name(data[:n]))
			data = data[n:]
		}
	}
	p.msg = append(p.msg, data...)
}
