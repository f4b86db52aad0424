package oracle

import (
	"fmt"

	"github.com/miekg/dns"
)

// Question is what is asked of all four.
type Question struct {
	Name string
	Type uint16
	DO   bool
}

func (q Question) String() string {
	do := ""
	if q.DO {
		do = " +dnssec"
	}
	return fmt.Sprintf("%s %s%s", q.Name, dns.Type(q.Type), do)
}

func (q Question) message(id uint16) *dns.Msg {
	m := &dns.Msg{Question: []dns.Question{{Name: q.Name, Qtype: q.Type, Qclass: dns.ClassINET}}}
	m.Id = id
	if q.DO {
		m.SetEdns0(1232, true)
	}
	return m
}

// askedTypes are the types that every name may be asked for.
var askedTypes = []uint16{
	dns.TypeA, dns.TypeAAAA, dns.TypeNS, dns.TypeSOA, dns.TypeMX, dns.TypeTXT,
	dns.TypeCNAME, dns.TypeDNAME, dns.TypeDS, dns.TypeDNSKEY, dns.TypeNSEC,
	dns.TypeNSEC3, dns.TypeNSEC3PARAM, dns.TypeRRSIG, dns.TypeSRV, dns.TypeSVCB,
	dns.TypeHTTPS, dns.TypeANY, 65280, dns.TypePTR,
}
