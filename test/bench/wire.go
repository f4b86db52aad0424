package main

import (
	"encoding/binary"
	"io"
	"net/netip"

	"github.com/miekg/dns"
)

// A record of a zone here, as it lies in a message: its owner is relative to the apex, and names in its data may
// end with a pointer to that. The apex is the question's name, which every message has at the same place.
type record struct {
	owner []byte // labels in wire form, without the root's
	rtype uint16
	ttl   uint32
	data  []byte
}

// toApex points to the name of the question, behind the header of twelve octets.
const toApex = "\xc0\x0c"

// labels are those of a name in wire form, without the root's.
func labels(names ...string) []byte {
	var w []byte
	for _, n := range names {
		if n != "" {
			w = append(append(w, byte(len(n))), n...)
		}
	}
	return w
}

// below is a name below the apex, compressed.
func below(name string) []byte { return append(labels(name), toApex...) }

// wireName is a name in wire form, for what may not be compressed.
func wireName(name string) []byte {
	var buf [255]byte
	n, err := dns.PackDomainName(name, buf[:], 0, nil, false)
	if err != nil {
		panic(err) // all names here are made by us
	}
	return buf[:n:n]
}

func joined(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func uint16s(list ...uint16) (w []byte) {
	for _, v := range list {
		w = binary.BigEndian.AppendUint16(w, v)
	}
	return w
}

func uint32s(list ...uint32) (w []byte) {
	for _, v := range list {
		w = binary.BigEndian.AppendUint32(w, v)
	}
	return w
}

func ipv4(text string) []byte {
	a := netip.MustParseAddr(text).As4()
	return a[:]
}

func characterString(text string) []byte { return append([]byte{byte(len(text))}, text...) }

// soaRecord is the one of every zone here. The timers are long: nothing but a NOTIFY starts a refresh.
func soaRecord(serial uint32) record {
	data := joined(below("ns1"), below("hostmaster"), uint32s(serial, 86400, 86400, 864000, 300))
	return record{nil, dns.TypeSOA, 3600, data}
}

// serialFromEnd is where in the data of an SOA record its serial is, from the end.
const serialFromEnd = 20

// A packer makes a reply of several messages, each with its length in front, as TCP has them.
type packer struct {
	to       io.Writer
	id       uint16
	question []byte // name, type and class in wire form
	message  []byte // begun and not written yet
	answers  uint16
	records  int
	written  int64
	err      error
}

// messageOctets is as far as a message is filled: real servers stop where compression pointers do.
const messageOctets = 16 << 10

const headerOctets = 12

// add appends a record, and says where in the output the end of its data is.
func (p *packer) add(r record) (end int64) {
	if len(p.message)+len(r.owner)+len(r.data)+12 > messageOctets {
		p.flush()
	}
	if p.answers == 0 {
		p.message = append(p.message[:0], 0, 0)
		p.message = append(p.message, uint16s(p.id, 0x8400, 1, 0, 0, 0)...)
		p.message = append(p.message, p.question...)
	}
	m := append(append(p.message, r.owner...), toApex...)
	m = binary.BigEndian.AppendUint16(m, r.rtype)
	m = binary.BigEndian.AppendUint16(m, dns.ClassINET)
	m = binary.BigEndian.AppendUint32(m, r.ttl)
	m = binary.BigEndian.AppendUint16(m, uint16(len(r.data)))
	p.message = append(m, r.data...)
	p.answers++
	p.records++
	return p.written + int64(len(p.message))
}

// flush writes the message that was begun.
func (p *packer) flush() {
	if p.answers == 0 {
		return
	}
	binary.BigEndian.PutUint16(p.message, uint16(len(p.message)-2))
	binary.BigEndian.PutUint16(p.message[2+6:], p.answers)
	n, err := p.to.Write(p.message)
	if p.err == nil {
		p.err = err
	}
	p.written += int64(n)
	p.answers, p.message = 0, p.message[:0]
}
