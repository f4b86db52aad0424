package zone

import (
	"encoding/binary"
	"slices"
)

// A draft is a name while a transaction changes it.
type draft struct {
	keptCase []byte
	sets     []draftSet // ascending by type
}

type draftSet struct {
	rrtype      uint16
	ttl, sigTTL uint32
	data, sigs  members
}

// load fills the draft from a node. The RDATA stay in the node's page, which never changes.
func (d *draft) load(n Node) {
	d.keptCase, d.sets = nil, d.sets[:0]
	if n.IsZero() {
		return
	}
	d.keptCase = n.keptCase()
	for set := range n.RRsets() {
		ds := draftSet{rrtype: set.Type, ttl: set.TTL, sigTTL: set.SigTTL}
		ds.data.list = slices.AppendSeq(make([][]byte, 0, set.count), set.Data())
		ds.sigs.list = slices.AppendSeq(make([][]byte, 0, set.sigCount), set.Sigs())
		d.sets = append(d.sets, ds)
	}
}

func (d *draft) find(rrtype uint16) (int, bool) {
	return slices.BinarySearchFunc(d.sets, rrtype, func(s draftSet, t uint16) int { return int(s.rrtype) - int(t) })
}

// add puts a record in. data must not change afterwards. The TTL of an RRset is the lowest that any of
// its records came with (RFC 2181 §5.2); a record that is there already is a duplicate (RFC 5936 §2.2).
func (d *draft) add(rrtype uint16, sig bool, ttl uint32, data []byte) {
	i, ok := d.find(rrtype)
	if !ok {
		d.insert(i, rrtype)
	}
	m, setTTL, memberType := d.sets[i].members(sig)
	if m.len() == 0 || ttl < *setTTL {
		*setTTL = ttl
	}
	m.add(data, memberType)
}

// insert makes room for a type at i. It uses the lists that an earlier use of the draft left behind.
func (d *draft) insert(i int, rrtype uint16) {
	var spare draftSet
	if n := len(d.sets); n < cap(d.sets) {
		spare = d.sets[:n+1][n]
	}
	d.sets = slices.Insert(d.sets, i, draftSet{rrtype: rrtype, data: spare.data.emptied(), sigs: spare.sigs.emptied()})
}

// remove takes a record out and says whether it was there. Its TTL does not matter.
func (d *draft) remove(rrtype uint16, sig bool, data []byte) bool {
	i, ok := d.find(rrtype)
	if !ok {
		return false
	}
	set := &d.sets[i]
	m, setTTL, memberType := set.members(sig)
	if !m.remove(data, memberType) {
		return false
	}
	if m.len() == 0 {
		*setTTL = 0
	}
	if set.data.len() == 0 && set.sigs.len() == 0 {
		d.sets = slices.Delete(d.sets, i, i+1)
	}
	return true
}

func (s *draftSet) members(sig bool) (m *members, ttl *uint32, memberType uint16) {
	if sig {
		return &s.sigs, &s.sigTTL, typeRRSIG
	}
	return &s.data, &s.ttl, s.rrtype
}

// appendNode encodes the draft as a node (see node.go).
func (d *draft) appendNode(dst []byte) []byte {
	dst = append(dst, byte(len(d.keptCase)))
	dst = append(dst, d.keptCase...)
	for i := range d.sets {
		dst = d.sets[i].append(dst)
	}
	return dst
}

func (s *draftSet) append(dst []byte) []byte {
	s.data.settle(s.rrtype)
	s.sigs.settle(typeRRSIG)
	data, sigs := s.data.list, s.sigs.list
	dst = binary.BigEndian.AppendUint16(dst, s.rrtype)
	dst = binary.BigEndian.AppendUint32(dst, s.ttl)
	dst = binary.AppendUvarint(dst, uint64(bodyLen(data, sigs)))
	counts := uint64(len(data)) << 1
	if len(sigs) > 0 {
		counts |= 1
	}
	dst = appendData(binary.AppendUvarint(dst, counts), data)
	if len(sigs) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(sigs)))
	dst = binary.BigEndian.AppendUint32(dst, s.sigTTL)
	return appendData(dst, sigs)
}

func bodyLen(data, sigs [][]byte) int {
	n := uvarintLen(len(data)<<1) + dataLen(data)
	if len(sigs) > 0 {
		n += uvarintLen(len(sigs)) + 4 + dataLen(sigs)
	}
	return n
}

func appendData(dst []byte, list [][]byte) []byte {
	for _, data := range list {
		dst = binary.AppendUvarint(dst, uint64(len(data)))
		dst = append(dst, data...)
	}
	return dst
}

func dataLen(list [][]byte) (n int) {
	for _, data := range list {
		n += uvarintLen(len(data)) + len(data)
	}
	return n
}

func uvarintLen(v int) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}
