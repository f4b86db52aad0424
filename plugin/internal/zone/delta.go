package zone

import (
	"bytes"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Delta is the net difference between two Versions, in the form in which RFC 1995 sends it.
type Delta struct {
	From, To SerialSOA
	// Deleted and Added are records in uncompressed wire form, back to back, the SOAs not among them.
	// Both are nil when Partial.
	Deleted, Added []byte
	// Deletions and Additions count those records.
	Deletions, Additions int
	// Partial says that the records were not kept, because they would take more room than the whole zone.
	Partial bool

	limit int
}

// SerialSOA is one end of a Delta: the serial, the SOA record in uncompressed wire form, and the set hash of
// the whole version.
type SerialSOA struct {
	Serial serial.Serial
	Record []byte
	Hash   SetHash
}

// minDeltaLimit is the room in octets that a Delta may always take, however small the zone.
const minDeltaLimit = 1 << 16

func (d *Delta) bind(from, to *Version) {
	d.From = SerialSOA{from.Serial(), from.SOARecord().AppendWire(nil), from.hash}
	d.To = SerialSOA{to.Serial(), to.SOARecord().AppendWire(nil), to.hash}
}

// change notes that a name was one thing and is another; either may be zero. The RRsets of both come in
// ascending order of type, so one pass pairs them.
func (d *Delta) change(apex owner.Name, old, replacement Node) {
	name := ownerOf(old, replacement, apex)
	was, is := old.sets(), replacement.sets()
	haveOld, haveNew := was.next(), is.next()
	for haveOld || haveNew {
		switch {
		case !haveNew || haveOld && was.set.Type < is.set.Type:
			d.changeSet(name, was.set, RRset{Type: was.set.Type})
			haveOld = was.next()
		case !haveOld || is.set.Type < was.set.Type:
			d.changeSet(name, RRset{Type: is.set.Type}, is.set)
			haveNew = is.next()
		default:
			d.changeSet(name, was.set, is.set)
			haveOld, haveNew = was.next(), is.next()
		}
	}
}

func ownerOf(old, replacement Node, apex owner.Name) owner.Name {
	if replacement.IsZero() {
		return old.Owner(nil, apex)
	}
	return replacement.Owner(nil, apex)
}

func (d *Delta) changeSet(name owner.Name, was, is RRset) {
	if was.Type != dns.TypeSOA {
		d.changeMembers(RR{Owner: name, Type: was.Type}, was.TTL, is.TTL, was.data, is.data)
	}
	d.changeMembers(RR{Owner: name, Type: typeRRSIG}, was.SigTTL, is.SigTTL, was.sigs, is.sigs)
}

// changeMembers notes the records of one list that are not in the other. A new TTL is a new record.
func (d *Delta) changeMembers(rr RR, oldTTL, newTTL uint32, was, is []byte) {
	if oldTTL == newTTL && bytes.Equal(was, is) {
		return
	}
	kept := make(map[string]bool)
	if oldTTL == newTTL {
		for data := range each(is) {
			kept[string(data)] = false
		}
	}
	rr.TTL = oldTTL
	for rr.Data = range each(was) {
		if _, ok := kept[string(rr.Data)]; ok {
			kept[string(rr.Data)] = true
			continue
		}
		d.Deletions++
		d.Deleted = d.keep(d.Deleted, rr)
	}
	rr.TTL = newTTL
	for rr.Data = range each(is) {
		if !kept[string(rr.Data)] {
			d.Additions++
			d.Added = d.keep(d.Added, rr)
		}
	}
}

// join adds the records of another part of the same change.
func (d *Delta) join(o *Delta) {
	d.Deletions += o.Deletions
	d.Additions += o.Additions
	if d.Partial || o.Partial || len(d.Deleted)+len(d.Added)+len(o.Deleted)+len(o.Added) > d.limit {
		d.Partial, d.Deleted, d.Added = true, nil, nil
		return
	}
	d.Deleted, d.Added = append(d.Deleted, o.Deleted...), append(d.Added, o.Added...)
}

func (d *Delta) keep(list []byte, rr RR) []byte {
	if d.Partial {
		return nil
	}
	list = rr.AppendWire(list)
	if len(d.Deleted)+len(d.Added) > d.limit {
		d.Partial, d.Deleted, d.Added = true, nil, nil
		return nil
	}
	return list
}
