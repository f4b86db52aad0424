package nswatch

import (
	"net/netip"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Round is what was seen of a zone, all at about one time.
type Round struct {
	Zone    string   // in lower case, with the final dot
	NS      []string // nameservers by the zone's own NS RRset, in order; nil: not known
	Hosts   map[string][]netip.Addr
	Seen    []Seen
	Parent  *Parent // nil: it could not be asked, or was not yet
	Content bool    // serials mean nothing
	Systems Systems // nil: autonomous systems are not known
	Now     time.Time

	// Here is the version that is here.
	Here struct {
		Loaded bool
		Serial serial.Serial
		Sets   map[Question]Set
	}
}

// Names are the names of all nameservers, the zone's and the parent's, in order.
func (r *Round) Names() []string {
	list := slices.Clone(r.NS)
	if r.Parent != nil {
		list = append(list, r.Parent.NS...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Judge says what is wrong. Of a zone, it is called with one History and one Repeats all the time.
func Judge(r *Round, h *History, again *Repeats) *Report {
	out := newReport()
	reach(r, out)
	lame(r, out)
	if !r.Content {
		lag(r, h, out)
	}
	drift(r, again, out)
	delegation(r, out)
	delegationSigner(r, out)
	signatures(r, out)
	shared(r, out)
	if r.Systems != nil {
		sharedSystem(r, out)
	}
	return out.sorted()
}
