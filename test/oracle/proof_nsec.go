package oracle

import (
	"fmt"
	"slices"

	"github.com/miekg/dns"
)

// nsecProof is RFC 4035 section 5.4 with the corrections of RFC 6840 section 4.
type nsecProof struct {
	apex    labels
	records []nsecRecord
}

type nsecRecord struct {
	owner, next labels
	types       []uint16
}

func (r nsecRecord) has(t uint16) bool { return slices.Contains(r.types, t) }

// covers says whether name lies strictly within the gap. The last record of
// the chain points back to the apex.
func (r nsecRecord) covers(name, apex labels) bool {
	if r.owner.compare(name) >= 0 {
		return false
	}
	if name.below(r.owner) && (r.has(dns.TypeDNAME) || r.has(dns.TypeNS) && !r.has(dns.TypeSOA)) {
		return false // an ancestor delegation or a DNAME says nothing about what is below it
	}
	return r.next.equal(apex) || name.compare(r.next) < 0
}

func (d *nsecProof) match(name labels) *nsecRecord {
	for i := range d.records {
		if d.records[i].owner.equal(name) {
			return &d.records[i]
		}
	}
	return nil
}

func (d *nsecProof) cover(name labels) *nsecRecord {
	for i := range d.records {
		if d.records[i].covers(name, d.apex) {
			return &d.records[i]
		}
	}
	return nil
}

// absent proves that name is neither an owner nor an empty non-terminal, and
// returns the closest encloser that the proof implies.
func (d *nsecProof) absent(name labels) (labels, error) {
	r := d.cover(name)
	if r == nil {
		return nil, fmt.Errorf("no NSEC covers %s", name)
	}
	if r.next.below(name) {
		return nil, fmt.Errorf("%s is an empty non-terminal", name)
	}
	return name[:max(name.common(r.owner), name.common(r.next))], nil
}

func (d *nsecProof) nxdomain(name labels) error {
	encloser, err := d.absent(name)
	if err != nil {
		return err
	}
	if _, err := d.absent(encloser.child("*")); err != nil {
		return fmt.Errorf("wildcard: %w", err)
	}
	return nil
}

func (d *nsecProof) nodata(name labels, qtype uint16) error {
	if r := d.match(name); r != nil {
		return lacks(r.types, qtype, name.equal(d.apex))
	}
	r := d.cover(name)
	if r == nil {
		return fmt.Errorf("no NSEC matches or covers %s", name)
	}
	if r.next.below(name) {
		return nil // an empty non-terminal
	}
	encloser, err := d.absent(name)
	if err != nil {
		return err
	}
	wildcard := encloser.child("*")
	if w := d.match(wildcard); w != nil {
		return lacks(w.types, qtype, false)
	}
	if w := d.cover(wildcard); w != nil && w.next.below(wildcard) {
		return nil // the wildcard is an empty non-terminal
	}
	return fmt.Errorf("nothing is proved about %s", wildcard)
}

func (d *nsecProof) expanded(name, encloser labels) error {
	got, err := d.absent(name)
	if err == nil && !got.equal(encloser) {
		return fmt.Errorf("closest encloser is %s, not %s", got, encloser)
	}
	return err
}

func (d *nsecProof) unsigned(cut labels) error {
	r := d.match(cut)
	if r == nil {
		return fmt.Errorf("no NSEC at the cut %s", cut)
	}
	return insecure(r.types, cut)
}

// lacks checks a bit map for NODATA: not the type, no CNAME instead; a
// parent's record answers for DS only, and a child's for all but DS.
func lacks(types []uint16, qtype uint16, apex bool) error {
	has := func(t uint16) bool { return slices.Contains(types, t) }
	switch {
	case has(qtype):
		return fmt.Errorf("the bit of %s is set", dns.Type(qtype))
	case has(dns.TypeCNAME) && qtype != dns.TypeNSEC: // which may stand beside it, so that no alias is followed
		return fmt.Errorf("the bit of CNAME is set")
	case qtype == dns.TypeDS && has(dns.TypeSOA) && !apex:
		return fmt.Errorf("the record is the child's")
	case qtype != dns.TypeDS && has(dns.TypeNS) && !has(dns.TypeSOA):
		return fmt.Errorf("the record is the parent's")
	}
	return nil
}

// insecure checks the bit map at a cut: NS, neither DS nor SOA.
func insecure(types []uint16, cut labels) error {
	has := func(t uint16) bool { return slices.Contains(types, t) }
	if !has(dns.TypeNS) || has(dns.TypeDS) || has(dns.TypeSOA) {
		return fmt.Errorf("bit map %v does not make %s insecure", types, cut)
	}
	return nil
}
