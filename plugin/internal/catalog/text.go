package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// savedMember is an Entry as text.
type savedMember struct {
	Zone     string     `json:"zone"`
	ID       string     `json:"id"`
	Groups   [][]byte   `json:"groups,omitempty"` // any octets, which JSON text cannot hold
	NewOwner string     `json:"coo,omitempty"`
	Held     *time.Time `json:"held,omitempty"`
}

// Encode is the members as text, for Decode.
func (m Members) Encode() string {
	list := make([]savedMember, 0, len(m.entries))
	for _, e := range m.entries {
		s := savedMember{Zone: e.Zone.String(), ID: e.ID, NewOwner: e.NewOwner}
		for _, g := range e.Groups {
			s.Groups = append(s.Groups, []byte(g))
		}
		if !e.Held.IsZero() {
			s.Held = &e.Held
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b savedMember) int { return strings.Compare(a.Zone, b.Zone) })
	text, err := json.Marshal(list)
	if err != nil {
		return "" // there is nothing in it that JSON does not have
	}
	return string(text)
}

// Decode reads what Encode wrote. Anything else is an error.
func Decode(text string) (Members, error) {
	var list []savedMember
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return Members{}, err
	}
	m := Members{entries: make(map[string]Entry, len(list))}
	for _, s := range list {
		name, err := owner.Parse(s.Zone)
		if err != nil {
			return Members{}, fmt.Errorf("%w: %q", err, s.Zone)
		}
		e := Entry{Member: Member{Zone: owner.AppendLower(nil, name), ID: s.ID, NewOwner: s.NewOwner}}
		for _, g := range s.Groups {
			e.Groups = append(e.Groups, string(g))
		}
		if _, twice := m.entries[string(e.Zone)]; twice {
			return Members{}, fmt.Errorf("%q is there twice", s.Zone)
		}
		if s.Held != nil && !s.Held.IsZero() {
			e.Held = *s.Held
			m.held++
		}
		m.entries[string(e.Zone)] = e
	}
	return m, nil
}
