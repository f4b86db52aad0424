package zone

import (
	"encoding/binary"
	"iter"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
)

// Node is a name of a Version with all its RRsets: a view into a page, valid as long as it is held.
//
//	node:   case length (1 octet) | owner labels above the apex as they arrived, when they are not all lower case
//	        RRsets, ascending by type
//	RRset:  type uint16 | TTL uint32 | body length uvarint | body
//	body:   count uvarint (doubled, plus one when there are RRSIGs) | RDATA...
//	        with RRSIGs: count uvarint | TTL uint32 | RDATA of the RRSIGs...
//	RDATA:  length uvarint | octets
//
// Integers are big-endian. RDATA are in ascending order of canonical form. An RRset without RDATA is an
// RRSIG whose covered type is not there.
type Node struct{ key, data []byte }

// Key is the sort key relative to the apex.
func (n Node) Key() []byte { return n.key }

// Owner is the owner name, in the case in which it arrived, appended to dst.
func (n Node) Owner(dst []byte, apex owner.Name) owner.Name {
	if kept := n.keptCase(); len(kept) > 0 {
		return append(append(dst, kept...), apex...)
	}
	return owner.AppendName(dst, n.key, apex)
}

func (n Node) keptCase() []byte { return n.data[1 : 1+int(n.data[0])] }

func (n Node) setsData() []byte { return n.data[1+int(n.data[0]):] }

// RRset finds the RRset of a type. One that has only RRSIGs is not found.
func (n Node) RRset(rrtype uint16) (RRset, bool) {
	data, used := n.find(rrtype)
	if data == nil {
		return RRset{}, false
	}
	set := decodeRRset(data, used)
	return set, set.count > 0
}

// Has says whether the name owns records of the type.
func (n Node) Has(rrtype uint16) bool {
	data, used := n.find(rrtype)
	if data == nil {
		return false
	}
	counts, _ := binary.Uvarint(data[6+used:])
	return counts>>1 > 0
}

// find is the encoded RRset of a type, and how many octets its length takes; nil if there is none.
func (n Node) find(rrtype uint16) (set []byte, lengthOctets int) {
	for data := n.setsData(); len(data) > 0; {
		t := binary.BigEndian.Uint16(data)
		if t > rrtype {
			break
		}
		length, used := binary.Uvarint(data[6:])
		end := 6 + used + int(length)
		if t == rrtype {
			return data[:end], used
		}
		data = data[end:]
	}
	return nil, 0
}

// IsZero says that there is no such name.
func (n Node) IsZero() bool { return n.data == nil }

// RRsets yields the RRsets, ascending by type, those with nothing but RRSIGs among them.
func (n Node) RRsets() iter.Seq[RRset] {
	return func(yield func(RRset) bool) {
		for sets := n.sets(); sets.next(); {
			if !yield(sets.set) {
				return
			}
		}
	}
}

// setReader reads RRsets one after the other without any allocation.
type setReader struct {
	rest []byte
	set  RRset
}

func (n Node) sets() setReader {
	if n.IsZero() {
		return setReader{}
	}
	return setReader{rest: n.setsData()}
}

func (r *setReader) next() bool {
	if len(r.rest) == 0 {
		return false
	}
	length, used := binary.Uvarint(r.rest[6:])
	end := 6 + used + int(length)
	r.set, r.rest = decodeRRset(r.rest[:end], used), r.rest[end:]
	return true
}

// RRset is the records of one owner name and type, with the RRSIGs that cover them: a view into a page.
type RRset struct {
	Type        uint16
	TTL, SigTTL uint32 // seconds
	count       int
	sigCount    int
	data, sigs  []byte
}

func decodeRRset(data []byte, lengthOctets int) RRset {
	set := RRset{Type: binary.BigEndian.Uint16(data), TTL: binary.BigEndian.Uint32(data[2:])}
	body := data[6+lengthOctets:]
	counts, used := binary.Uvarint(body)
	body = body[used:]
	set.count = int(counts >> 1)
	set.data = body
	if counts&1 == 0 {
		return set
	}
	for range set.count {
		length, used := binary.Uvarint(body)
		body = body[used+int(length):]
	}
	set.data = set.data[:len(set.data)-len(body)]
	sigCount, used := binary.Uvarint(body)
	set.sigCount = int(sigCount)
	set.SigTTL = binary.BigEndian.Uint32(body[used:])
	set.sigs = body[used+4:]
	return set
}

// Len is the number of records, RRSIGs not counted.
func (s RRset) Len() int { return s.count }

// SigLen is the number of RRSIGs over the RRset.
func (s RRset) SigLen() int { return s.sigCount }

// Data yields the RDATA of each record in canonical order.
func (s RRset) Data() iter.Seq[[]byte] { return each(s.data) }

// Sigs yields the RDATA of each RRSIG.
func (s RRset) Sigs() iter.Seq[[]byte] { return each(s.sigs) }

// First is the RDATA of the first record, for types of which there is one.
func (s RRset) First() []byte {
	length, used := binary.Uvarint(s.data)
	return s.data[used : used+int(length)]
}

func each(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for rest := data; len(rest) > 0; {
			length, used := binary.Uvarint(rest)
			end := used + int(length)
			if !yield(rest[used:end:end]) {
				return
			}
			rest = rest[end:]
		}
	}
}

// storedType is the type under which a record is kept: an RRSIG goes with the type it covers.
func storedType(rrtype uint16, data []byte) (rrtype16 uint16, sig bool) {
	if rrtype == dns.TypeRRSIG {
		return rdata.Covered(data), true
	}
	return rrtype, false
}
