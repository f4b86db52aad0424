package answer

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Query is a question of class IN about a name at or below the apex of a zone.
type Query struct {
	Name owner.Name
	Type uint16
	DO   bool // DNSSEC records are wanted (RFC 3225)
	// Minimal leaves the zone's NS RRset out of positive answers, as Knot does. BIND and NSD put it into
	// the authority section unless they are told not to.
	Minimal bool
	// MaxTTL is the highest TTL that the answer may have, in seconds; zero: as in the zone.
	MaxTTL uint32
}

// Result is an answer, and the memory it is made in: reuse one for many questions. The records refer to the
// version of the zone and to the name that was asked; both must stay unchanged while the Result is in use.
type Result struct {
	Rcode         int
	Authoritative bool
	Answer        []Record
	Authority     []Record
	Additional    []Record
	// Glue is the number of records at the start of Additional without which a referral is of no use:
	// the addresses of nameservers at or below the cut. A message that has no room for them is truncated
	// (RFC 9471 §3).
	Glue int
	// Follow is the name at which a chain of aliases left the zone, or nil. The caller may go on there.
	Follow owner.Name

	search  search
	room    [3][sectionRoom]Record
	message message
}

// sectionRoom is how many RRsets a section holds before it needs memory of its own.
const sectionRoom = 8

// Parts says which half of an RRset a record stands for.
type Parts uint8

// The halves of an RRset.
const (
	Data Parts = 1 << iota // the records
	Sigs                   // the RRSIGs over them
)

// Record is an RRset of an answer under the owner name and with the TTLs with which it is sent.
type Record struct {
	Owner       owner.Name
	Set         zone.RRset
	TTL, SigTTL uint32 // seconds
	Parts       Parts
	// Target is the target of a CNAME that was synthesised from a DNAME (RFC 6672 §3.1); Set is empty then.
	Target owner.Name
}

// Type is the type of the RRset, whichever Parts are sent.
func (r *Record) Type() uint16 {
	if r.Target != nil {
		return dns.TypeCNAME
	}
	return r.Set.Type
}

// Answer answers a question.
func Answer(v *zone.Version, q Query) *Result {
	r := new(Result)
	r.Fill(v, q)
	return r
}

// Fill answers a question in the memory of r.
func (r *Result) Fill(v *zone.Version, q Query) {
	r.Reset()
	r.search.begin(v, q, r)
	r.search.run()
	if q.MaxTTL > 0 {
		r.capTTL(q.MaxTTL)
	}
}

// capTTL lowers the TTLs of all sections, those of RRSIGs too.
func (r *Result) capTTL(highest uint32) {
	for _, section := range [][]Record{r.Answer, r.Authority, r.Additional} {
		for i := range section {
			section[i].TTL = min(section[i].TTL, highest)
			section[i].SigTTL = min(section[i].SigTTL, highest)
		}
	}
}

// Reset empties r, so that it holds no version of a zone in memory.
func (r *Result) Reset() {
	r.Rcode, r.Authoritative, r.Glue, r.Follow = dns.RcodeSuccess, false, 0, nil
	r.Answer = emptied(r.Answer, &r.room[0])
	r.Authority = emptied(r.Authority, &r.room[1])
	r.Additional = emptied(r.Additional, &r.room[2])
	r.search.end()
}

// emptied keeps a section's memory unless an unusual answer made it large.
func emptied(section []Record, room *[sectionRoom]Record) []Record {
	clear(section)
	if cap(section) == 0 || cap(section) > 8*sectionRoom {
		return room[:0]
	}
	return section[:0]
}

// holds says whether a section has the records of a type at a name.
func holds(section []Record, name owner.Name, rrtype uint16) bool {
	for i := range section {
		if section[i].Type() == rrtype && section[i].Parts&Data != 0 && owner.Equal(section[i].Owner, name) {
			return true
		}
	}
	return false
}
