// Package catalog reads catalog zones (RFC 9432), and says what a new version of one means for the zones that
// come from it. It is pure.
package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// ErrBroken says that a version of a zone is not a catalog, or a broken one. It must change nothing (RFC 9432 §5.1).
var ErrBroken = errors.New("broken catalog")

// Member is a zone that a catalog lists.
type Member struct {
	Zone owner.Name // in lower case
	// ID is the label of the member node, in lower case presentation form. When it changes, the zone is
	// another one, though its name is the same (RFC 9432 §5.4).
	ID string
	// Groups are the values of the group property, in no order that means anything (RFC 9432 §4.3.2). Of a
	// value with several character-strings, these are parted by spaces.
	Groups []string
	// NewOwner is the catalog to which the coo property lets the zone go, in lower case presentation form;
	// empty: there is none (RFC 9432 §4.3.1).
	NewOwner string
}

// Catalog is the content of a version of a catalog zone: its members, by the zone's name in lower-case wire form.
type Catalog map[string]Member

// The properties that are known, as sort keys relative to what they are properties of.
var (
	versionKey = []byte("version\x00")
	zonesKey   = []byte("zones\x00")
	groupKey   = []byte("group\x00")
	cooKey     = []byte("coo\x00")
)

// schema is the RDATA of the only version that there is.
const schema = "\x012"

// Parse reads a version. What it does not know, custom properties among it, it passes over. Errors: ErrBroken,
// with the reason.
func Parse(v *zone.Version) (Catalog, error) {
	if err := checkSchema(v); err != nil {
		return nil, err
	}
	r := reader{catalog: Catalog{}}
	c := v.Cursor()
	for ok := c.Seek(zonesKey); ok && bytes.HasPrefix(c.Node().Key(), zonesKey); ok = c.Next() {
		if err := r.read(c.Node()); err != nil {
			return nil, err
		}
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	return r.catalog, nil
}

// A reader goes through the nodes below "zones", where the properties of a member follow its node.
type reader struct {
	catalog Catalog
	member  Member
	node    []byte // sort key of the node that the member came from; nil: there is none
}

func (r *reader) read(n zone.Node) error {
	below := n.Key()[len(zonesKey):]
	switch owner.KeyLabels(below) {
	case 1:
		next, err := readMember(n, below)
		if err != nil || next.Zone == nil {
			return err
		}
		if err := r.finish(); err != nil {
			return err
		}
		r.member, r.node = next, n.Key()
	case 2:
		return readProperty(n, below, &r.member, r.node != nil && owner.IsBelow(n.Key(), r.node))
	}
	return nil
}

// finish puts the member whose properties have all been read into the catalog. No zone may be listed twice
// (RFC 9432 §4.1).
func (r *reader) finish() error {
	if r.node == nil {
		return nil
	}
	key := string(r.member.Zone)
	if other, twice := r.catalog[key]; twice {
		return fmt.Errorf("%w: %s is listed twice, as %s and %s", ErrBroken, r.member.Zone, other.ID, r.member.ID)
	}
	r.catalog[key], r.node = r.member, nil
	return nil
}

// checkSchema wants exactly one version of the schema, and that one known (RFC 9432 §4.2.1).
func checkSchema(v *zone.Version) error {
	var set zone.RRset
	if n, ok := v.Get(versionKey); ok {
		set, _ = n.RRset(dns.TypeTXT)
	}
	switch {
	case set.Len() == 0:
		return fmt.Errorf("%w: it has no version property", ErrBroken)
	case set.Len() > 1:
		return fmt.Errorf("%w: it has %d version properties", ErrBroken, set.Len())
	case string(set.First()) != schema:
		return fmt.Errorf("%w: its version is %q, and only \"2\" is known", ErrBroken, text(set.First()))
	}
	return nil
}

// readMember reads the PTR of a member node (RFC 9432 §4.1); without one there is no member there.
func readMember(n zone.Node, below []byte) (Member, error) {
	name, err := pointer(n, "member node", below)
	if err != nil || name == nil {
		return Member{}, err
	}
	return Member{Zone: name, ID: label(below)}, nil
}

// readProperty reads a property of a member; without the member it is only checked.
func readProperty(n zone.Node, below []byte, m *Member, ofMember bool) error {
	property := below[len(owner.FirstLabelKey(below, 0)):]
	switch {
	case bytes.Equal(property, cooKey):
		name, err := pointer(n, "coo property", below)
		if err != nil {
			return err
		}
		if ofMember && name != nil {
			m.NewOwner = name.Canonical()
		}
	case bytes.Equal(property, groupKey) && ofMember:
		set, _ := n.RRset(dns.TypeTXT)
		for data := range set.Data() {
			m.Groups = append(m.Groups, text(data))
		}
	}
	return nil
}

// pointer is the name that the PTR RRset of a node holds, in lower case; nil if there is none. Of two records
// nobody can say which counts.
func pointer(n zone.Node, what string, below []byte) (owner.Name, error) {
	set, ok := n.RRset(dns.TypePTR)
	if !ok {
		return nil, nil
	}
	if set.Len() > 1 {
		return nil, fmt.Errorf("%w: the %s of %s has %d PTR records", ErrBroken, what, label(below), set.Len())
	}
	data := set.First()
	if used, err := owner.Len(data); err != nil || used != len(data) {
		return nil, fmt.Errorf("%w: the %s of %s has malformed RDATA", ErrBroken, what, label(below))
	}
	return owner.AppendLower(nil, owner.Name(data)), nil
}

// label is the first label of a key in presentation form.
func label(key []byte) string {
	name := owner.AppendName(nil, owner.FirstLabelKey(key, 0), owner.Root).String()
	return strings.TrimSuffix(name, ".")
}

// text is the RDATA of a TXT record as a string, character-strings parted by spaces.
func text(data []byte) string {
	var parts []string
	for len(data) > 0 {
		end := min(1+int(data[0]), len(data))
		parts, data = append(parts, string(data[1:end])), data[end:]
	}
	return strings.Join(parts, " ")
}
