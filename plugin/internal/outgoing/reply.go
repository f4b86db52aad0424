package outgoing

import (
	"iter"
	"slices"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Query is a question that asks for a zone.
type Query struct {
	ID   uint16
	RD   bool
	Name owner.Name    // the apex as it was asked for; its spelling comes back
	Type uint16        // dns.TypeAXFR or dns.TypeIXFR
	Have serial.Serial // of an IXFR: the serial of the client's version
	OPT  []byte        // an OPT record in wire form for the first message of the reply, or nil
	// Datagram: it came over UDP, where anybody can have sent it.
	Datagram bool
}

// Kind is what a Reply consists of.
type Kind uint8

// The kinds of replies.
const (
	Whole   Kind = iota // the whole zone, to an AXFR or an IXFR query
	Changes             // one difference sequence (RFC 1995 §4)
	Current             // our SOA alone: the client has it already, or must ask again over a stream
	kinds
)

// String is the kind as metrics and the log name it.
func (k Kind) String() string { return [kinds]string{"axfr", "ixfr", "soa"}[k] }

// Reply is the content of a reply. It is made by Decide, and can be sent more than once.
type Reply struct {
	Kind    Kind
	version *zone.Version
	delta   *zone.Delta // of Changes
}

// Decide says what a query is answered with. The published version must not be nil.
//
// Serials are compared by RFC 1982: a client that is as new as we are or newer, or incomparable, gets our
// SOA. One whose serial the Deltas kept do not begin with gets the whole zone, as does one for whom the
// Deltas, condensed, are larger than ratio percent of the zone. A datagram is answered with our SOA where condensing
// would take much more work than a query whose source may be forged should: the client asks again over a stream.
func Decide(p zone.Published, q Query, ratio int) Reply { return (*Nets)(nil).Decide(p, q, ratio) }

// Decide does what the function does, with the net changes of the zone that others have asked for before.
func (n *Nets) Decide(p zone.Published, q Query, ratio int) Reply {
	whole := Reply{Kind: Whole, version: p.Version}
	if q.Type != dns.TypeIXFR {
		return whole
	}
	if !p.Version.Serial().Newer(q.Have) {
		return Reply{Kind: Current, version: p.Version}
	}
	i := since(p, q.Have)
	switch {
	case i < 0:
		return whole
	case q.Datagram && !few(p.Deltas[i:]):
		return Reply{Kind: Current, version: p.Version}
	}
	net, err := n.condense(p, i)
	if err != nil || net.Octets() > most(p.Version, ratio) {
		return whole
	}
	return Reply{Kind: Changes, version: p.Version, delta: net}
}

// since is the index of the Delta that begins with the serial; -1: none does.
func since(p zone.Published, have serial.Serial) int {
	return slices.IndexFunc(p.Deltas, func(d *zone.Delta) bool { return d.From.Serial == have })
}

// most is how many octets of Deltas are sent in place of the whole zone.
func most(v *zone.Version, ratio int) int { return size(v)/100*ratio + size(v)%100*ratio/100 }

// Light says whether deciding and packing are little work, whatever comes out: about one message.
func Light(p zone.Published, q Query, ratio int) bool {
	small := size(p.Version) <= dns.MaxMsgSize
	if q.Type != dns.TypeIXFR {
		return small
	}
	if q.Datagram || !p.Version.Serial().Newer(q.Have) {
		return true
	}
	i := since(p, q.Have)
	if i < 0 {
		return small
	}
	return few(p.Deltas[i:]) && (small || most(p.Version, ratio) >= dns.MaxMsgSize)
}

// few says whether Deltas are no longer together than one message may be.
func few(deltas []*zone.Delta) bool {
	left := dns.MaxMsgSize
	for _, d := range deltas {
		if left -= d.Octets(); left < 0 {
			return false
		}
	}
	return true
}

// size is about how many octets the records of a version would take in the form of a Delta. In the pages, the
// owner name is there once a name and without the apex, type and TTL once an RRset.
func size(v *zone.Version) int {
	const fixedFields = 10 // type, class, TTL and RDLENGTH (RFC 1035 §4.1.3)
	return v.Octets() + v.Records()*(len(v.Apex())+fixedFields)
}

// Serial is the serial that the reply leads to.
func (r Reply) Serial() serial.Serial { return r.version.Serial() }

// Records yields the records of the reply in their order, the closing SOA included, each valid until the next. It ends
// with an error where a Delta is not well-formed.
func (r Reply) Records() iter.Seq2[zone.RR, error] {
	switch r.Kind {
	case Current:
		return func(yield func(zone.RR, error) bool) { yield(r.version.SOARecord(), nil) }
	case Changes:
		return r.changes
	}
	return r.whole
}

// whole is RFC 5936 §2.2: the SOA first and last.
func (r Reply) whole(yield func(zone.RR, error) bool) {
	if r.version.Walk(func(rr zone.RR) bool { return yield(rr, nil) }) {
		yield(r.version.SOARecord(), nil)
	}
}

// changes is RFC 1995 §4: the new SOA, the old SOA and what is deleted, the new SOA and what is added, the
// new SOA.
func (r Reply) changes(yield func(zone.RR, error) bool) {
	soa := r.version.SOARecord()
	if !yield(soa, nil) {
		return
	}
	for _, list := range [][]byte{r.delta.From.Record, r.delta.Deleted, r.delta.To.Record, r.delta.Added} {
		for rr, err := range zone.Records(list) {
			if !yield(rr, err) || err != nil {
				return
			}
		}
	}
	yield(soa, nil)
}
