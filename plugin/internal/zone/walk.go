package zone

import (
	"encoding/binary"
	"iter"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/breather"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// All yields every record: the SOA first, then the others in canonical order of their owner names, those
// of the NSEC3 chains last. This is the order of an outgoing AXFR without its closing SOA (RFC 5936 §2.2).
func (v *Version) All() iter.Seq[RR] {
	return func(yield func(RR) bool) {
		v.Walk(func(rr RR) bool {
			rr.Owner = rr.Owner.Clone()
			return yield(rr)
		})
	}
}

// Walk is All without any allocation a record: what a record's owner is in memory is used again for the next. It ends
// when visit says false, and says whether it came to the end.
func (v *Version) Walk(visit func(RR) bool) bool {
	if !visit(v.SOARecord()) {
		return false
	}
	w := walk{apex: v.apex, visit: visit, name: make([]byte, 0, owner.MaxName)}
	return w.tree(&v.names) && w.tree(&v.hashed)
}

type walk struct {
	apex  owner.Name
	visit func(RR) bool
	name  owner.Name

	breather breather.Breather
}

// walkWork is what it takes to visit the records of a page, in units of package breather.
const walkWork = 16

func (w *walk) tree(t *tree) bool {
	for _, c := range t.chunks {
		for i := range c.refs {
			w.breather.Did(walkWork)
			p := c.refs[i].page
			for entry := range p.count() {
				if !w.node(p.entry(entry)) {
					return false
				}
			}
		}
	}
	return true
}

func (w *walk) node(n Node) bool {
	w.name = n.Owner(w.name[:0], w.apex)
	for sets := n.sets(); sets.next(); {
		set := &sets.set
		if set.Type != dns.TypeSOA && !w.members(set.data, set.Type, set.TTL) || !w.members(set.sigs, dns.TypeRRSIG, set.SigTTL) {
			return false
		}
	}
	return true
}

func (w *walk) members(list []byte, rrtype uint16, ttl uint32) bool {
	for len(list) > 0 {
		length, used := binary.Uvarint(list)
		end := used + int(length)
		if !w.visit(RR{w.name, rrtype, ttl, list[used:end:end]}) {
			return false
		}
		list = list[end:]
	}
	return true
}
