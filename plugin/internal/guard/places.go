package guard

import (
	"bytes"
	"iter"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// The two lists of names that a version has.
const (
	inNames  = iota
	inHashed // those of NSEC3 records
)

// A place is a name in one of them.
type place struct {
	tree int
	key  []byte
}

func (p place) compare(o place) int {
	if p.tree != o.tree {
		return p.tree - o.tree
	}
	return bytes.Compare(p.key, o.key)
}

// places reads the names of records, each once.
type places struct {
	pull   func() (place, bool, bool)
	stop   func()
	at     place // valid until next is called
	there  bool  // whether there is one
	broken bool  // there is, but the records are not well-formed, or not in order
}

func newPlaces(wire []byte, apex owner.Name) *places {
	p := new(places)
	p.pull, p.stop = iter.Pull2(placesOf(wire, apex))
	p.next()
	return p
}

func (p *places) next() {
	var well bool
	p.at, well, p.there = p.pull()
	p.broken = p.there && !well
}

func (p *places) isAt(o place) bool { return p.there && p.at.compare(o) == 0 }

// placesOf yields the names of records that are ordered by them, and false in the end where they are not.
func placesOf(wire []byte, apex owner.Name) iter.Seq2[place, bool] {
	return func(yield func(place, bool) bool) {
		var at place
		var name owner.Name // at the place
		var spare []byte
		for rr, err := range zone.Records(wire) {
			tree := treeOf(rr)
			if err == nil && name != nil && tree == at.tree && bytes.Equal(rr.Owner, name) {
				continue
			}
			key, inside := owner.AppendKey(spare[:0], rr.Owner, apex)
			next := place{tree, key}
			if err != nil || !inside || name != nil && next.compare(at) <= 0 {
				yield(next, false)
				return
			}
			at, name, spare = next, rr.Owner, at.key
			if !yield(at, true) {
				return
			}
		}
	}
}

// treeOf is where a record is kept: an RRSIG is with what it covers.
func treeOf(rr zone.RR) int {
	rrtype := rr.Type
	if rrtype == dns.TypeRRSIG && len(rr.Data) >= 2 {
		rrtype = rdata.Covered(rr.Data)
	}
	if rrtype == dns.TypeNSEC3 {
		return inHashed
	}
	return inNames
}
