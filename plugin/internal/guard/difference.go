package guard

import (
	"cmp"
	"slices"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A Difference is what a change does to the content of a zone. It counts RRsets: the records of one owner name and
// type, whatever their number. One that is there before and after is changed when its TTL or a record of it is another.
// The SOA, NSEC and NSEC3 do not count, nor do RRSIGs, neither here nor in the totals: see content.
type Difference struct {
	// Names is the number of owner names that the old version has, those of NSEC3 records not among them, and
	// NamesDeleted how many of them own no content any more.
	Names, NamesDeleted int
	// RRsets is the number of RRsets that the old version has.
	RRsets                  int
	Deleted, Added, Changed int
	Types                   []TypeDifference // ascending by type; only those that differ

	insecure int // delegations that are still there, and were secure
	// RRSIGs that the old version has over RRsets that are still there, in whatever number now; and those of them whose
	// RRset has none any more. NSEC and NSEC3 are among the RRsets here.
	sigs, strippedSigs int
	doubled, targets   int // see doubled.go
}

// TypeDifference is the part of a Difference that one type has.
type TypeDifference struct {
	Type                    uint16
	Deleted, Added, Changed int
}

// RRsetsTouched is how many RRsets go and change.
func (d *Difference) RRsetsTouched() int { return d.Deleted + d.Changed }

// Difference is that of the candidate to what it replaces; for a first version there is nothing in it. It is found when
// it is asked for first, at the cost of the Delta, or if that is of no use, of both versions.
func (c *Change) Difference() *Difference {
	if c.difference == nil {
		c.difference = differenceOf(c.Candidate)
	}
	return c.difference
}

func differenceOf(c Candidate) *Difference {
	if c.Old == nil {
		return new(Difference)
	}
	d := newDiffer(c.Old)
	if !changedPairs(c.Old, c.Version, c.Delta, d.pair) {
		d = newDiffer(c.Old)
		allPairs(c.Old, c.Version, d.pair)
	}
	return d.done()
}

// A differ makes a Difference of pairs.
type differ struct {
	Difference
	old     *zone.Version
	twice   twice
	deleted int // RRSIGs that went with their RRsets
	key     []byte
}

func newDiffer(old *zone.Version) *differ {
	d := &differ{old: old, twice: twiceOf(old.Apex())}
	d.Names, d.RRsets = contentNames(old), contentRRsets(old)
	return d
}

func (d *differ) done() *Difference {
	d.sigs = d.old.Counts().Of(dns.TypeRRSIG) - d.deleted
	return &d.Difference
}

func (d *differ) pair(p pair) {
	had, has := 0, 0
	for was := range p.was.RRsets() {
		is, there := rrset(p.is, was.Type)
		d.signatures(was, is, there)
		if content(was) {
			had++
			d.compare(was, is, there)
		}
	}
	for is := range p.is.RRsets() {
		if !content(is) {
			continue
		}
		has++
		if was, there := rrset(p.was, is.Type); !there {
			d.Added++
			d.of(is.Type).Added++
			d.targetsOf(was, is)
		}
	}
	if had > 0 && has == 0 && len(p.was.Key()) > 0 {
		d.NamesDeleted++
	}
	if secure(p.was) && !secure(p.is) && !p.is.IsZero() && p.is.Has(dns.TypeNS) {
		d.insecure++
	}
}

// compare compares an RRset with what it is now, if it is there.
func (d *differ) compare(was, is zone.RRset, there bool) {
	switch {
	case !there:
		d.Deleted++
		d.of(was.Type).Deleted++
	case !was.SameRecords(is):
		d.Changed++
		d.of(was.Type).Changed++
		d.targetsOf(was, is)
	}
}

// signatures notes what becomes of the RRSIGs over an RRset.
func (d *differ) signatures(was, is zone.RRset, there bool) {
	switch {
	case !there:
		d.deleted += was.SigLen()
	case is.SigLen() == 0:
		d.strippedSigs += was.SigLen()
	}
}

// of is the part of a type, which is put in its place if need be.
func (d *Difference) of(rrtype uint16) *TypeDifference {
	i, there := slices.BinarySearchFunc(d.Types, rrtype, func(t TypeDifference, rrtype uint16) int {
		return cmp.Compare(t.Type, rrtype)
	})
	if !there {
		d.Types = slices.Insert(d.Types, i, TypeDifference{Type: rrtype})
	}
	return &d.Types[i]
}
