package zone

import (
	"encoding/binary"
	"iter"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// RR is one resource record of class IN. Owner and Data are uncompressed wire form, their case kept.
type RR struct {
	Owner owner.Name
	Type  uint16
	TTL   uint32 // seconds
	Data  []byte
}

// AppendWire appends the record in uncompressed wire form (RFC 1035 §4.1.3).
func (rr RR) AppendWire(dst []byte) []byte {
	dst = append(dst, rr.Owner...)
	dst = binary.BigEndian.AppendUint16(dst, rr.Type)
	dst = binary.BigEndian.AppendUint16(dst, dns.ClassINET)
	dst = binary.BigEndian.AppendUint32(dst, rr.TTL)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(rr.Data)))
	return append(dst, rr.Data...)
}

// SOA is the decoded RDATA of an SOA record (RFC 1035 §3.3.13). The timers are seconds.
type SOA struct {
	Serial                          serial.Serial
	Refresh, Retry, Expire, Minimum uint32
	TTL                             uint32 // of the record itself
}

// ParseSOA decodes an SOA record, or says that it is malformed.
func ParseSOA(rr RR) (SOA, error) {
	if rr.Type != dns.TypeSOA || len(rr.Data) < 22 {
		return SOA{}, rdata.ErrMalformed
	}
	n := rr.Data[len(rr.Data)-20:]
	return SOA{
		Serial:  serial.Serial(binary.BigEndian.Uint32(n)),
		Refresh: binary.BigEndian.Uint32(n[4:]),
		Retry:   binary.BigEndian.Uint32(n[8:]),
		Expire:  binary.BigEndian.Uint32(n[12:]),
		Minimum: binary.BigEndian.Uint32(n[16:]),
		TTL:     rr.TTL,
	}, nil
}

// Records yields records that lie back to back in uncompressed wire form, as those of a Delta do. Their slices
// point into wire. It ends early, and says so with an error, where wire is not well-formed.
func Records(wire []byte) iter.Seq2[RR, error] {
	return func(yield func(RR, error) bool) {
		for len(wire) > 0 {
			rr, rest, err := cutRecord(wire)
			if !yield(rr, err) || err != nil {
				return
			}
			wire = rest
		}
	}
}

// fixedFields are type, class, TTL and RDLENGTH.
const fixedFields = 10

func cutRecord(wire []byte) (rr RR, rest []byte, err error) {
	n, err := owner.Len(wire)
	if err != nil || len(wire) < n+fixedFields {
		return RR{}, nil, rdata.ErrMalformed
	}
	fixed := wire[n:]
	size := int(binary.BigEndian.Uint16(fixed[8:]))
	if len(fixed) < fixedFields+size {
		return RR{}, nil, rdata.ErrMalformed
	}
	rr = RR{Owner: owner.Name(wire[:n]), Type: binary.BigEndian.Uint16(fixed), TTL: binary.BigEndian.Uint32(fixed[4:])}
	rr.Data = fixed[fixedFields : fixedFields+size : fixedFields+size]
	return rr, fixed[fixedFields+size:], nil
}
