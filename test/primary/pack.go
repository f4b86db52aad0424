package primary

import (
	"encoding/binary"
	"fmt"

	"github.com/miekg/dns"
)

// Compression is how the names of a reply are compressed (RFC 1035 §4.1.4).
type Compression int

// The kinds of compression. The last three are malformed.
const (
	// Usual compresses owner names, and RDATA of the types of RFC 1035.
	Usual Compression = iota
	// None compresses nothing.
	None
	// Owners compresses owner names only.
	Owners
	// Chains makes an owner name a pointer to the previous equal owner name,
	// which is itself a pointer, up to 100 deep.
	Chains
	// InRDATA compresses names in SRV, DNAME, AFSDB, KX and RT too: forbidden
	// to senders by RFC 3597 §4, though some did.
	InRDATA
	// Loops points an owner name at itself.
	Loops
	// Forward points an owner name behind itself.
	Forward
	// AcrossMessages points into the previous message.
	AcrossMessages
)

// packer packs the messages of one reply.
type packer struct {
	mode  Compression
	buf   []byte
	off   int
	names map[string]int // for miekg/dns: where a name can be pointed at
	last  map[string]int // for Chains: where an owner name was last written
	depth map[string]int // for Chains: how deep that one is
}

func newPacker(mode Compression) *packer {
	return &packer{mode: mode, names: map[string]int{}}
}

// pack is a message as bytes.
func (k *packer) pack(m *Message) ([]byte, error) {
	k.buf, k.off = make([]byte, 2*dns.MaxMsgSize), 12
	if k.mode != AcrossMessages {
		k.names = map[string]int{}
	}
	k.last, k.depth = map[string]int{}, map[string]int{}
	k.header(m)
	for _, q := range m.Question {
		if err := k.question(q); err != nil {
			return nil, err
		}
	}
	for _, section := range [][]dns.RR{m.Answer, m.Authority, m.Additional} {
		for _, rr := range section {
			if err := k.record(rr); err != nil {
				return nil, fmt.Errorf("pack %s: %w", rr, err)
			}
		}
	}
	if k.off > dns.MaxMsgSize {
		return nil, fmt.Errorf("message of %d bytes", k.off)
	}
	return k.buf[:k.off], nil
}

func (k *packer) header(m *Message) {
	flags := uint16(m.Opcode&15)<<11 | uint16(m.Rcode&15)
	for i, set := range map[int]bool{15: m.Response, 10: m.AA, 9: m.TC} {
		if set {
			flags |= 1 << i
		}
	}
	for i, v := range []uint16{
		m.ID, flags, uint16(len(m.Question)),
		uint16(len(m.Answer)), uint16(len(m.Authority)), uint16(len(m.Additional)),
	} {
		binary.BigEndian.PutUint16(k.buf[2*i:], v)
	}
}

func (k *packer) question(q dns.Question) error {
	var err error
	if k.mode == Chains {
		k.last[dns.CanonicalName(q.Name)] = k.off
	}
	names := k.names
	if k.mode == AcrossMessages {
		names = nil // a question that points at itself would hide the rest
	}
	k.off, err = dns.PackDomainName(q.Name, k.buf, k.off, names, k.mode != None)
	if err != nil {
		return err
	}
	binary.BigEndian.PutUint16(k.buf[k.off:], q.Qtype)
	binary.BigEndian.PutUint16(k.buf[k.off+2:], q.Qclass)
	k.off += 4
	return nil
}

func (k *packer) record(rr dns.RR) error {
	var err error
	rr = dns.Copy(rr) // packing writes to the header, and versions are shared
	switch k.mode {
	case Usual, AcrossMessages:
		k.off, err = dns.PackRR(rr, k.buf, k.off, k.names, true)
		return err
	case None:
		k.off, err = dns.PackRR(rr, k.buf, k.off, nil, false)
		return err
	}
	plain := make([]byte, dns.MaxMsgSize)
	n, err := dns.PackRR(rr, plain, 0, nil, false)
	if err != nil {
		return err
	}
	_, fixed, err := dns.UnpackDomainName(plain, 0)
	if err != nil {
		return err
	}
	if err := k.owner(rr.Header().Name); err != nil {
		return err
	}
	k.rest(rr.Header().Rrtype, plain[fixed:n])
	return nil
}

// owner writes an owner name in one of the ways that are not miekg/dns's.
func (k *packer) owner(name string) error {
	switch k.mode {
	case Loops:
		k.pointer(k.off)
		return nil
	case Forward:
		k.pointer(k.off + 2)
		return nil
	case Chains:
		key := dns.CanonicalName(name)
		at, seen := k.last[key]
		if seen && k.depth[key] < 100 && at < 1<<14 {
			k.last[key] = k.off
			k.depth[key]++
			k.pointer(at)
			return nil
		}
		k.last[key], k.depth[key] = k.off, 0
	}
	var err error
	k.off, err = dns.PackDomainName(name, k.buf, k.off, k.names, true)
	return err
}

func (k *packer) pointer(to int) {
	binary.BigEndian.PutUint16(k.buf[k.off:], 0xC000|uint16(to))
	k.off += 2
}

// rest writes what follows the owner name: ten bytes, then the RDATA.
func (k *packer) rest(rtype uint16, fixed []byte) {
	start := k.off
	k.off += copy(k.buf[k.off:], fixed)
	nameAt, ok := trailingName[rtype]
	if k.mode != InRDATA || !ok {
		return
	}
	name, _, err := dns.UnpackDomainName(fixed, 10+nameAt)
	if err != nil {
		return // not made by us in that case; leave it as it is
	}
	k.off = start + 10 + nameAt
	clear(k.buf[k.off : start+len(fixed)])
	k.off, _ = dns.PackDomainName(name, k.buf, k.off, k.names, true) // it fitted uncompressed
	binary.BigEndian.PutUint16(k.buf[start+8:], uint16(k.off-start-10))
}

// trailingName is where in the RDATA of a type its last field, a name, begins.
var trailingName = map[uint16]int{
	dns.TypeSRV: 6, dns.TypeDNAME: 0, dns.TypeAFSDB: 2, dns.TypeKX: 2, dns.TypeRT: 2,
	dns.TypeNS: 0, dns.TypeCNAME: 0, dns.TypePTR: 0, dns.TypeMX: 2,
}
