package zone

import (
	"iter"
	"slices"

	"github.com/miekg/dns"
)

// Counts is how much there is in a Version. It is carried on from version to version, in proportion to what changes.
type Counts struct {
	RRsets  int // those with nothing but RRSIGs not among them
	Records int // RRSIGs among them
	// Crowded is the number of names that are an alias and something else as well, or of several names. There should be
	// none (RFC 1034 §3.6.2, RFC 2181 §10.1, RFC 6672 §2.4).
	Crowded int
	types   []typeCount
}

type typeCount struct {
	rrtype  uint16
	records int32
}

// Of is the number of records of a type.
func (c *Counts) Of(rrtype uint16) int {
	for i := range c.types {
		if c.types[i].rrtype == rrtype {
			return int(c.types[i].records)
		}
	}
	return 0
}

// Types yields each type with the number of its records, ascending.
func (c *Counts) Types() iter.Seq2[uint16, int] {
	return func(yield func(uint16, int) bool) {
		for _, t := range c.types {
			if !yield(t.rrtype, int(t.records)) {
				return
			}
		}
	}
}

// node takes a name in, or out when sign is negative.
func (c *Counts) node(n Node, sign int) {
	for sets := n.sets(); sets.next(); {
		c.count(sets.set, sign)
	}
	if n.Crowded() {
		c.Crowded += sign
	}
}

// count takes an RRset in or out.
func (c *Counts) count(set RRset, sign int) {
	if set.count > 0 {
		c.RRsets += sign
		c.of(set.Type, sign*set.count)
	}
	if set.sigCount > 0 {
		c.of(dns.TypeRRSIG, sign*set.sigCount)
	}
}

func (c *Counts) of(rrtype uint16, records int) {
	c.Records += records
	for i := range c.types {
		if c.types[i].rrtype == rrtype {
			c.types[i].records += int32(records)
			return
		}
	}
	c.types = append(c.types, typeCount{rrtype, int32(records)})
}

// add joins what two have counted.
func (c *Counts) add(o Counts) {
	c.RRsets += o.RRsets
	c.Crowded += o.Crowded
	for _, t := range o.types {
		c.of(t.rrtype, int(t.records))
	}
}

// settled is a copy with the types in order that there are records of.
func (c Counts) settled() Counts {
	c.types = slices.Clone(c.types)
	c.types = slices.DeleteFunc(c.types, func(t typeCount) bool { return t.records == 0 })
	slices.SortFunc(c.types, func(a, b typeCount) int { return int(a.rrtype) - int(b.rrtype) })
	return c
}

// Crowded says whether the name is an alias, by CNAME or DNAME, and more than that: see Counts.
func (n Node) Crowded() bool {
	others, aliases := 0, 0
	for sets := n.sets(); sets.next(); {
		switch {
		case sets.set.Type == dns.TypeCNAME:
			aliases = sets.set.count
		case sets.set.Type == dns.TypeDNAME && sets.set.count > 1:
			return true
		case sets.set.count > 0 && !BesideCNAME(sets.set.Type):
			others++
		}
	}
	return aliases > 1 || aliases == 1 && others > 0
}

// BesideCNAME says whether DNSSEC, the old one included, puts a type beside a CNAME (RFC 2181 §10.1, RFC 4035 §2.5).
func BesideCNAME(rrtype uint16) bool {
	switch rrtype {
	case dns.TypeNSEC, dns.TypeKEY, dns.TypeSIG, dns.TypeNXT:
		return true
	}
	return false
}
