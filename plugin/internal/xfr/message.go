package xfr

import (
	"encoding/binary"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
)

const (
	headerLen   = 12
	maxMessage  = 1<<16 - 1
	maxTTL      = 1<<31 - 1
	fixedRecord = 10 // type, class, TTL and RDLENGTH (RFC 1035 §4.1.3)
)

// header is the fixed start of a message (RFC 1035 §4.1.1).
type header struct {
	id, flags                                   uint16
	questions, answers, authorities, additional uint16
}

func parseHeader(msg []byte) (header, error) {
	if len(msg) < headerLen {
		return header{}, malformed("%d octets are no message", len(msg))
	}
	return header{
		id:          binary.BigEndian.Uint16(msg),
		flags:       binary.BigEndian.Uint16(msg[2:]),
		questions:   binary.BigEndian.Uint16(msg[4:]),
		answers:     binary.BigEndian.Uint16(msg[6:]),
		authorities: binary.BigEndian.Uint16(msg[8:]),
		additional:  binary.BigEndian.Uint16(msg[10:]),
	}, nil
}

func (h header) response() bool      { return h.flags&(1<<15) != 0 }
func (h header) opcode() int         { return int(h.flags >> 11 & 0xF) }
func (h header) authoritative() bool { return h.flags&(1<<10) != 0 }
func (h header) truncated() bool     { return h.flags&(1<<9) != 0 }
func (h header) rcode() uint8        { return uint8(h.flags & 0xF) }

// A reader walks through a message. Its buffers are used again for the next record and the next message.
type reader struct {
	header
	msg  []byte
	off  int
	name []byte // scratch for owner names
	data []byte // scratch for RDATA
}

// record is a resource record whose RDATA is still in the message.
type record struct {
	owner         owner.Name // in the reader's scratch buffer: until the next record
	rrtype, class uint16
	ttl           uint32 // seconds
	start         int    // where the record begins in the message
	dataOff, size int    // where its RDATA lies
}

func (r *reader) reset(msg []byte) (err error) {
	r.msg, r.off = msg, headerLen
	r.header, err = parseHeader(msg)
	return err
}

// question reads the next question. The name is in the scratch buffer.
func (r *reader) question() (name owner.Name, qtype, class uint16, err error) {
	n, next, err := owner.Unpack(r.name[:0], r.msg, r.off)
	r.name = n
	if err != nil || next+4 > len(r.msg) {
		return nil, 0, 0, malformed("bad question")
	}
	r.off = next + 4
	return owner.Name(n), binary.BigEndian.Uint16(r.msg[next:]), binary.BigEndian.Uint16(r.msg[next+2:]), nil
}

// record reads the next record up to its RDATA. It is written into a value of the caller's, on which rdata
// then works: that saves a copy a record.
func (r *reader) record(rr *record) error {
	n, next, err := owner.Unpack(r.name[:0], r.msg, r.off)
	r.name = n
	if err != nil {
		return malformed("owner name at octet %d: %v", r.off, err)
	}
	if next+fixedRecord > len(r.msg) {
		return malformed("record at octet %d is cut off", r.off)
	}
	fixed := r.msg[next : next+fixedRecord]
	rr.owner = n
	rr.rrtype = binary.BigEndian.Uint16(fixed)
	rr.class = binary.BigEndian.Uint16(fixed[2:])
	rr.ttl = binary.BigEndian.Uint32(fixed[4:])
	// RFC 2181 §8: a TTL with the most significant bit set is treated as zero.
	if rr.ttl > maxTTL {
		rr.ttl = 0
	}
	rr.start = r.off
	rr.dataOff = next + fixedRecord
	rr.size = int(binary.BigEndian.Uint16(fixed[8:]))
	if rr.dataOff+rr.size > len(r.msg) {
		return malformed("record at octet %d is cut off", r.off)
	}
	r.off = rr.dataOff + rr.size
	return nil
}

// rdata expands and checks the RDATA, in the scratch buffer.
func (r *reader) rdata(rr *record) ([]byte, error) {
	data, err := rdata.Expand(r.data[:0], r.msg, rr.dataOff, rr.size, rr.rrtype)
	r.data = data
	if err != nil || len(data) > maxMessage {
		return nil, malformed("RDATA of %s %s", rr.owner, typeName(rr.rrtype))
	}
	return data, nil
}

// skipQuestions moves to the first record.
func (r *reader) skipQuestions() error {
	for range r.questions {
		if _, _, _, err := r.question(); err != nil {
			return err
		}
	}
	return nil
}

func typeName(rrtype uint16) string { return dns.Type(rrtype).String() }
