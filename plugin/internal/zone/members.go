package zone

import (
	"bytes"
	"maps"
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/rdata"
)

// members are the RDATA of an RRset, or of the RRSIGs over it, while a transaction changes them. RDATA whose
// canonical forms are equal are the same record.
type members struct {
	list [][]byte // ascending by canonical form
	// What a long list does not have yet, or has no more, by canonical form: to put it in would each time move half
	// of the list.
	late map[string]lateMember
	net  int // by how much late changes how many there are
}

type lateMember struct {
	data []byte
	gone bool
}

// longList is the length from which additions and deletions are kept beside a list.
const longList = 512

func (m *members) len() int { return len(m.list) + m.net }

// emptied has no members, and the memory of those that were in the list.
func (m *members) emptied() members { return members{list: m.list[:0]} }

// add puts RDATA in, unless they are there. They must not change afterwards.
func (m *members) add(data []byte, rrtype uint16) {
	at, found := searchData(m.list, data, rrtype)
	if m.late == nil && (len(m.list) < longList || at == len(m.list)) {
		if !found {
			m.list = slices.Insert(m.list, at, data)
		}
		return
	}
	form := canonical(data, rrtype)
	if late, ok := m.late[form]; ok && !late.gone || !ok && found {
		return
	}
	m.keepLate(form, lateMember{data: data}, 1)
}

// remove takes RDATA out, and says whether they were there.
func (m *members) remove(data []byte, rrtype uint16) bool {
	at, found := searchData(m.list, data, rrtype)
	if m.late == nil && len(m.list) < longList {
		if found {
			m.list = slices.Delete(m.list, at, at+1)
		}
		return found
	}
	form := canonical(data, rrtype)
	if late, ok := m.late[form]; ok && late.gone || !ok && !found {
		return false
	}
	if found {
		m.keepLate(form, lateMember{gone: true}, -1)
	} else {
		delete(m.late, form)
		m.net--
	}
	return true
}

func (m *members) keepLate(form string, late lateMember, net int) {
	if m.late == nil {
		m.late = make(map[string]lateMember)
	}
	m.late[form] = late
	m.net += net
}

// settle puts all into the list.
func (m *members) settle(rrtype uint16) {
	if m.late == nil {
		return
	}
	all, from := make([][]byte, 0, m.len()), 0
	for _, form := range slices.Sorted(maps.Keys(m.late)) {
		at, found := searchData(m.list, []byte(form), rrtype)
		all = append(all, m.list[from:at]...)
		if late := m.late[form]; !late.gone {
			all = append(all, late.data)
		}
		if from = at; found {
			from++
		}
	}
	*m = members{list: append(all, m.list[from:]...)}
}

// searchData finds RDATA in a sorted list.
func searchData(list [][]byte, data []byte, rrtype uint16) (int, bool) {
	if !rdata.Folds(rrtype) {
		return slices.BinarySearchFunc(list, data, bytes.Compare)
	}
	want := rdata.AppendCanonical(nil, data, rrtype)
	var buf []byte
	return slices.BinarySearchFunc(list, want, func(have, want []byte) int {
		buf = rdata.AppendCanonical(buf[:0], have, rrtype)
		return bytes.Compare(buf, want)
	})
}

func canonical(data []byte, rrtype uint16) string {
	if !rdata.Folds(rrtype) {
		return string(data)
	}
	return string(rdata.AppendCanonical(nil, data, rrtype))
}
