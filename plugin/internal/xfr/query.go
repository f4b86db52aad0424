package xfr

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Query is what was asked, and therefore what a reply must fit.
type Query struct {
	ID   uint16
	Apex owner.Name
	Type uint16        // dns.TypeSOA, dns.TypeAXFR or dns.TypeIXFR
	Have serial.Serial // of an IXFR: the serial we have
	EDNS bool          // with an OPT record that asks for the primary's lease (RFC 7314)
}

// newID is an unpredictable message ID (RFC 5452 §9.2).
func newID() uint16 {
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails on the platforms that Go supports
	return binary.BigEndian.Uint16(b[:])
}

// appendQuery appends the query message. soa is our SOA record for an IXFR, else nil. RD is clear: a
// secondary asks an authority.
func appendQuery(dst []byte, q Query, soa *zone.RR) []byte {
	dst = binary.BigEndian.AppendUint16(dst, q.ID)
	authorities := byte(0)
	if soa != nil {
		authorities = 1
	}
	additional := byte(0)
	if q.EDNS {
		additional = 1
	}
	dst = append(dst, 0, 0, 0, 1, 0, 0, 0, authorities, 0, additional)
	dst = append(dst, q.Apex...)
	dst = binary.BigEndian.AppendUint16(dst, q.Type)
	dst = binary.BigEndian.AppendUint16(dst, dns.ClassINET)
	if soa != nil {
		// RFC 1995 §3: the authority section of an IXFR query holds the SOA of the client's version.
		dst = zone.RR{Owner: q.Apex, Type: soa.Type, TTL: soa.TTL, Data: soa.Data}.AppendWire(dst)
	}
	if q.EDNS {
		dst = appendOPT(dst)
	}
	return dst
}
