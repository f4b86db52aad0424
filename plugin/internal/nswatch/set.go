package nswatch

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Set is the canonical RDATA of an RRset, in order and without TTLs: equal sets are equal strings. The empty one is that
// of a name without records of the type.
type Set string

// serialFields is how many octets there are from the serial to the end of an SOA.
const serialFields = 20

// setOf makes a Set of RDATA in canonical form. A content provider has serials of its own: with content, that of an SOA
// does not count.
func setOf(list [][]byte, rrtype uint16, content bool) Set {
	slices.SortFunc(list, slices.Compare)
	list = slices.CompactFunc(list, slices.Equal) // RFC 2181 §5: a duplicate is none
	var b strings.Builder
	for _, data := range list {
		if content && rrtype == dns.TypeSOA && len(data) > serialFields {
			data = slices.Clone(data)
			clear(data[len(data)-serialFields:][:4])
		}
		b.Write(binary.BigEndian.AppendUint16(nil, uint16(len(data))))
		b.Write(data)
	}
	return Set(b.String())
}

// Answered is the Set that an answer has; ok is false for a record that cannot be packed.
func Answered(m *dns.Msg, q Question, content bool) (set Set, ok bool) {
	var list [][]byte
	for _, rr := range m.Answer {
		h := rr.Header()
		if h.Rrtype != q.Type || h.Class != dns.ClassINET || !strings.EqualFold(h.Name, q.Name) {
			continue
		}
		data, ok := canonical(rr)
		if !ok {
			return "", false
		}
		list = append(list, data)
	}
	return setOf(list, q.Type, content), true
}

// fixedFields are type, class, TTL and RDLENGTH, before the RDATA.
const fixedFields = 10

func canonical(rr dns.RR) ([]byte, bool) {
	wire := make([]byte, dns.Len(rr)+fixedFields)
	end, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		return nil, false
	}
	n, err := owner.Len(wire[:end])
	if err != nil || n+fixedFields > end {
		return nil, false
	}
	return rdata.AppendCanonical(nil, wire[n+fixedFields:end], rr.Header().Rrtype), true
}

// VersionSets are the Sets that a version has for questions, each of which is in its zone.
func VersionSets(v *zone.Version, questions []Question, content bool) map[Question]Set {
	sets := make(map[Question]Set, len(questions))
	for _, q := range questions {
		name, err := owner.Parse(q.Name)
		if err != nil {
			continue
		}
		if key, ok := owner.AppendKey(nil, name, v.Apex()); ok {
			sets[q] = versionSet(v, key, q.Type, content)
		}
	}
	return sets
}

func versionSet(v *zone.Version, key []byte, rrtype uint16, content bool) Set {
	node, ok := v.Get(key)
	if !ok {
		return ""
	}
	set, ok := node.RRset(rrtype)
	if !ok {
		return ""
	}
	var list [][]byte
	for data := range set.Data() {
		list = append(list, rdata.AppendCanonical(nil, data, rrtype))
	}
	return setOf(list, rrtype, content)
}
