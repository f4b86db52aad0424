package zone

import (
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Version is one complete, immutable state of a zone. It has exactly one SOA, at the apex.
type Version struct {
	apex    owner.Name
	names   tree
	hashed  tree // NSEC3 and the RRSIGs over it
	soa     SOA
	apexAt  []byte // the node
	apexSOA RRset
	apexNS  RRset // without records when there are none
	hashKey *HashKey
	hash    SetHash
	counts  Counts
	derived
}

// Apex is the zone's name as the primary writes it in the SOA's owner.
func (v *Version) Apex() owner.Name { return v.apex }

// Serial is the SOA's serial.
func (v *Version) Serial() serial.Serial { return v.soa.Serial }

// SOA is the decoded SOA record.
func (v *Version) SOA() SOA { return v.soa }

// SOARecord is the SOA record itself.
func (v *Version) SOARecord() RR {
	return RR{v.apex, dns.TypeSOA, v.apexSOA.TTL, v.apexSOA.First()}
}

// Minimum is the MINIMUM field of the SOA: how long a negative answer may be kept, in seconds (RFC 2308 §4).
func (v *Version) Minimum() uint32 { return v.soa.Minimum }

// ApexSOA is the SOA RRset; it must not be changed.
func (v *Version) ApexSOA() *RRset { return &v.apexSOA }

// ApexNS is the zone's NS RRset; it has no records if the zone has none. It must not be changed.
func (v *Version) ApexNS() *RRset { return &v.apexNS }

// ApexNode is the apex with its RRsets.
func (v *Version) ApexNode() Node { return Node{data: v.apexAt} }

// Get finds a name by its sort key. An empty non-terminal is not found: it owns nothing.
func (v *Version) Get(key []byte) (Node, bool) { return v.names.get(key) }

// Cursor walks the zone's names.
func (v *Version) Cursor() Cursor { return Cursor{tree: &v.names} }

// HashedCursor walks the owner names of NSEC3 records. Their keys are one label, the hash in base32hex,
// whose order is the order of the hashes (RFC 5155 §3.3).
func (v *Version) HashedCursor() Cursor { return Cursor{tree: &v.hashed} }

// Records is the number of records.
func (v *Version) Records() int { return v.counts.Records }

// Counts is how many records there are of what. It must not be changed.
func (v *Version) Counts() *Counts { return &v.counts }

// Names is the number of owner names, those of NSEC3 records among them.
func (v *Version) Names() int { return v.names.entries + v.hashed.entries }

// Octets is the memory that the zone's pages take, shared ones included.
func (v *Version) Octets() int { return v.names.octets + v.hashed.octets }

// SetHash identifies the content: equal content has an equal hash under the same key, whatever its history.
func (v *Version) SetHash() SetHash { return v.hash }

// HashKey is the key of the set hash. It is secret and must not be changed.
func (v *Version) HashKey() *HashKey { return v.hashKey }
