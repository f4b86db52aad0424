package answer

import (
	"encoding/binary"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/compress"
)

// Head is what a message has beside the answer.
type Head struct {
	ID     uint16
	RD, CD bool   // as in the question
	Class  uint16 // of the question
	OPT    []byte // an OPT record in wire form, or nil
	Octets int    // the most that the message may have
}

// A message is an answer in wire form, while it is packed.
type message struct {
	compress.Message
	end int // where nothing may be, what follows the answer left aside
}

const (
	// nameTableBits is for the labels of an answer; the table is cleared for each.
	nameTableBits = 8
	// maxKept is the most memory for a message that is kept for the next one.
	maxKept = 8 << 10
)

// Flags of a response (RFC 1035 §4.1.1, RFC 4035 §3.2.2).
const (
	flagQR = 1 << 15
	flagAA = 1 << 10
	flagRD = 1 << 8
	flagCD = 1 << 4
)

// Message packs the answer. Names in it are spelled as in the records, and RDATA is that of the zone octet by octet.
// It uses the memory of r, and is good until r is used again.
//
// What the client can do without is left out of a message that would be too long: first additional records that are
// not glue, then the zone's NS RRset beside an answer (RFC 2181 §9). When that is not enough, there is no message, and r
// is as it was.
func (r *Result) Message(h Head) (packed []byte, fits bool) {
	m := &r.message
	if packed, fits = m.pack(r, h, true); fits || len(r.Answer) == 0 || r.Follow != nil {
		return packed, fits
	}
	v, q := r.search.v, r.search.q
	less := q
	less.Minimal = true
	r.Fill(v, less)
	if packed, fits = m.pack(r, h, false); !fits {
		r.Fill(v, q)
	}
	return packed, fits
}

// pack packs r; optional says that additional records are welcome that are not glue.
func (m *message) pack(r *Result, h Head, optional bool) ([]byte, bool) {
	m.begin(r, h)
	var counts [3]int
	counts[0] = m.records(r.Answer)
	counts[1] = m.records(r.Authority)
	counts[2] = m.records(r.Additional[:r.Glue])
	if len(m.Octets) > m.end {
		return nil, false
	}
	if needed := len(m.Octets); optional {
		count := m.records(r.Additional[r.Glue:])
		if len(m.Octets) > m.end {
			m.Octets, count = m.Octets[:needed], 0
		}
		counts[2] += count
	}
	if h.OPT != nil {
		m.Octets = append(m.Octets, h.OPT...)
		counts[2]++
	}
	for i, n := range counts {
		binary.BigEndian.PutUint16(m.Octets[6+2*i:], uint16(n))
	}
	return m.Octets, true
}

// begin packs header and question.
func (m *message) begin(r *Result, h Head) {
	if cap(m.Octets) == 0 || cap(m.Octets) > maxKept {
		m.Message = compress.New(nameTableBits)
		m.Octets = make([]byte, 0, maxKept/8)
	}
	m.Restart()
	m.end = h.Octets - len(h.OPT)
	flags := uint16(flagQR) | uint16(r.Rcode)
	for _, f := range [...]struct {
		set  bool
		flag uint16
	}{{r.Authoritative, flagAA}, {h.RD, flagRD}, {h.CD, flagCD}} {
		if f.set {
			flags |= f.flag
		}
	}
	q := &r.search.q
	m.Octets = binary.BigEndian.AppendUint16(m.Octets, h.ID)
	m.Octets = binary.BigEndian.AppendUint16(m.Octets, flags)
	m.Octets = append(m.Octets, 0, 1, 0, 0, 0, 0, 0, 0) // one question
	m.Owner(q.Name)
	m.Octets = binary.BigEndian.AppendUint16(m.Octets, q.Type)
	m.Octets = binary.BigEndian.AppendUint16(m.Octets, h.Class)
}

// records packs RRsets and returns the number of records. It stops when there is no room.
func (m *message) records(section []Record) (count int) {
	for i := range section {
		r := &section[i]
		if len(m.Octets) > m.end {
			break
		}
		if r.Target != nil {
			m.Record(r.Owner, dns.TypeCNAME, r.TTL, r.Target)
			count++
			continue
		}
		if r.Parts&Data != 0 {
			for data := range r.Set.Data() {
				if m.Record(r.Owner, r.Set.Type, r.TTL, data); len(m.Octets) > m.end {
					break
				}
				count++
			}
		}
		if r.Parts&Sigs != 0 {
			for data := range r.Set.Sigs() {
				if m.Record(r.Owner, dns.TypeRRSIG, r.SigTTL, data); len(m.Octets) > m.end {
					break
				}
				count++
			}
		}
	}
	return count
}
