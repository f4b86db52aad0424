package zonemd

import (
	"bytes"
	"encoding/binary"
	"hash"
	"slices"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/breather"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Digest is the digest of a version by the SIMPLE scheme (RFC 8976 §3.3): the hash of all its records in
// canonical form and order (RFC 4034 §6), without the ZONEMD at the apex and the RRSIGs over it. It takes time
// proportional to the zone.
func Digest(v *zone.Version, h hash.Hash) []byte {
	d := digester{hash: h, apex: owner.AppendLower(nil, v.Apex())}
	names, hashed := v.Cursor(), v.HashedCursor()
	moreNames, moreHashed := names.First(), hashed.First()
	for moreNames || moreHashed {
		var nodes [2]zone.Node
		switch order := compare(&names, &hashed, moreNames, moreHashed); {
		case order < 0:
			nodes[0] = names.Node()
			moreNames = names.Next()
		case order > 0:
			nodes[1] = hashed.Node()
			moreHashed = hashed.Next()
		default: // NSEC3 records beside others: they are one owner name
			nodes = [2]zone.Node{names.Node(), hashed.Node()}
			moreNames, moreHashed = names.Next(), hashed.Next()
		}
		d.name(nodes)
	}
	d.flush()
	return h.Sum(nil)
}

func compare(names, hashed *zone.Cursor, moreNames, moreHashed bool) int {
	switch {
	case !moreHashed:
		return -1
	case !moreNames:
		return 1
	}
	return bytes.Compare(names.Node().Key(), hashed.Node().Key())
}

// A digester writes records in canonical form.
type digester struct {
	hash  hash.Hash
	apex  owner.Name // in lower case
	owner owner.Name // of the name at hand, in lower case
	sets  []zone.RRset
	sigs  []signature
	out   []byte // what is to be hashed next

	breather breather.Breather
}

// name writes all records of one owner name, ascending by type.
func (d *digester) name(nodes [2]zone.Node) {
	d.sets = d.sets[:0]
	for _, n := range nodes {
		if !n.IsZero() {
			d.owner = owner.AppendName(d.owner[:0], n.Key(), d.apex)
			d.sets = slices.AppendSeq(d.sets, n.RRsets())
		}
	}
	atApex := len(d.owner) == len(d.apex)
	d.sets = slices.DeleteFunc(d.sets, func(s zone.RRset) bool { return atApex && s.Type == dns.TypeZONEMD })
	slices.SortStableFunc(d.sets, func(a, b zone.RRset) int { return int(a.Type) - int(b.Type) })
	signed := false
	for _, s := range d.sets {
		if !signed && s.Type > dns.TypeRRSIG {
			d.signatures()
			signed = true
		}
		for data := range s.Data() {
			d.record(s.Type, s.TTL, data)
			d.breather.Did(1)
		}
	}
	if !signed {
		d.signatures()
	}
}

type signature struct {
	ttl  uint32
	data []byte
}

// signatures writes the RRSIGs of the name as the RRset that they are, whatever they cover.
func (d *digester) signatures() {
	d.sigs = d.sigs[:0]
	for _, s := range d.sets {
		for data := range s.Sigs() {
			d.sigs = append(d.sigs, signature{s.SigTTL, rdata.AppendCanonical(nil, data, dns.TypeRRSIG)})
		}
	}
	slices.SortFunc(d.sigs, func(a, b signature) int { return bytes.Compare(a.data, b.data) })
	for _, s := range d.sigs {
		d.header(dns.TypeRRSIG, s.ttl, len(s.data))
		d.out = append(d.out, s.data...)
	}
}

// record writes one record. RDATA in canonical form has the length that it has uncompressed.
func (d *digester) record(rrtype uint16, ttl uint32, data []byte) {
	d.header(rrtype, ttl, len(data))
	d.out = rdata.AppendCanonical(d.out, data, rrtype)
}

const flushAt = 1 << 16

func (d *digester) header(rrtype uint16, ttl uint32, size int) {
	if len(d.out) >= flushAt {
		d.flush()
	}
	d.out = append(d.out, d.owner...)
	d.out = binary.BigEndian.AppendUint16(d.out, rrtype)
	d.out = binary.BigEndian.AppendUint16(d.out, dns.ClassINET)
	d.out = binary.BigEndian.AppendUint32(d.out, ttl)
	d.out = binary.BigEndian.AppendUint16(d.out, uint16(size))
}

func (d *digester) flush() {
	d.hash.Write(d.out)
	d.out = d.out[:0]
}
