package oracle

import (
	"fmt"
	"slices"

	"github.com/miekg/dns"
)

// nsec3Proof is RFC 5155 section 8.
type nsec3Proof struct {
	apex    labels
	records []nsec3Record
	exists  func(labels) bool // what is known of the zone besides
}

type nsec3Record struct {
	hash, next string
	types      []uint16
	optOut     bool
	salt       string
	iterations uint16
}

func (r nsec3Record) of(name labels) string {
	return dns.HashName(name.String(), dns.SHA1, r.iterations, r.salt)
}

func (d *nsec3Proof) match(name labels) *nsec3Record {
	for i, r := range d.records {
		if r.of(name) == r.hash {
			return &d.records[i]
		}
	}
	return nil
}

func (d *nsec3Proof) cover(name labels) *nsec3Record {
	for i, r := range d.records {
		h := r.of(name)
		inside := r.hash < h && h < r.next
		if r.next <= r.hash { // the last of the ring
			inside = h > r.hash || h < r.next
		}
		if inside {
			return &d.records[i]
		}
	}
	return nil
}

// encloser is the closest encloser proof of section 8.3: the longest ancestor
// with a match, and the cover of the next closer name.
func (d *nsec3Proof) encloser(name labels) (labels, *nsec3Record, error) {
	for n := len(name) - 1; n >= len(d.apex); n-- {
		r := d.match(name[:n])
		if r == nil {
			continue
		}
		has := func(t uint16) bool { return slices.Contains(r.types, t) }
		if has(dns.TypeDNAME) || has(dns.TypeNS) && !has(dns.TypeSOA) {
			return nil, nil, fmt.Errorf("closest encloser %s is a cut or a DNAME", name[:n])
		}
		next := d.cover(name[:n+1])
		if next == nil {
			return nil, nil, fmt.Errorf("no NSEC3 covers the next closer name %s", name[:n+1])
		}
		return name[:n], next, nil
	}
	return nil, nil, fmt.Errorf("no NSEC3 matches an ancestor of %s", name)
}

func (d *nsec3Proof) nxdomain(name labels) error {
	if d.match(name) != nil {
		return fmt.Errorf("%s exists", name)
	}
	encloser, _, err := d.encloser(name)
	if err != nil {
		return err
	}
	if d.cover(encloser.child("*")) == nil && !d.unprovable(name) {
		return fmt.Errorf("no NSEC3 covers %s", encloser.child("*"))
	}
	return nil
}

// unprovable says that no NSEC3 of the zone can deny name, and that what there
// is has been sent. The next closer name exists: it is an empty non-terminal
// that opt-out leaves without an NSEC3 (section 7.1 with erratum 3441). The
// wildcard at the closest provable encloser is then not that of name, but if it
// exists it cannot be covered, as section 8.4 wants, and all that a server can
// do is to show it.
func (d *nsec3Proof) unprovable(name labels) bool {
	encloser, next, err := d.encloser(name)
	return err == nil && next.optOut && d.exists(name[:len(encloser)+1]) && d.match(encloser.child("*")) != nil
}

// nodata is sections 8.5 to 8.7.
func (d *nsec3Proof) nodata(name labels, qtype uint16) error {
	if r := d.match(name); r != nil {
		return lacks(r.types, qtype, name.equal(d.apex))
	}
	encloser, next, err := d.encloser(name)
	if err != nil {
		return err
	}
	if w := d.match(encloser.child("*")); w != nil && !d.unprovable(name) {
		return lacks(w.types, qtype, false)
	}
	if next.optOut {
		return nil // an unsigned cut, or an empty non-terminal above some
	}
	return fmt.Errorf("nothing is proved about %s", name)
}

// expanded is section 8.8.
func (d *nsec3Proof) expanded(name, encloser labels) error {
	next := name[:len(encloser)+1]
	if d.cover(next) == nil {
		return fmt.Errorf("no NSEC3 covers the next closer name %s", next)
	}
	return nil
}

// unsigned is section 8.9.
func (d *nsec3Proof) unsigned(cut labels) error {
	if r := d.match(cut); r != nil {
		return insecure(r.types, cut)
	}
	_, next, err := d.encloser(cut)
	if err == nil && !next.optOut {
		return fmt.Errorf("the NSEC3 that covers %s is not opt-out", cut)
	}
	return err
}
