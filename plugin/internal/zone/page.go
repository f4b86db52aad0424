package zone

import (
	"bytes"
	"encoding/binary"
)

// A page holds entries in key order: the entries, then a table with the offset of each, then their count.
//
//	entry:  key length (uvarint) | key | node (see node.go)
//	table:  offset uint16, little-endian, one an entry
//	count:  uint16, little-endian
//
// A page is longer than the target size only when it holds a single entry, so that offsets always fit.
type page []byte

// defaultPageSize is the length in octets at which a page is split.
const defaultPageSize = 2048

func (p page) count() int { return int(binary.LittleEndian.Uint16(p[len(p)-2:])) }

func (p page) tableStart() int { return len(p) - 2 - 2*p.count() }

func (p page) offset(i int) int {
	return int(binary.LittleEndian.Uint16(p[p.tableStart()+2*i:]))
}

// end is the offset behind the i-th entry.
func (p page) end(i int) int {
	table := p.tableStart()
	if next := table + 2*i + 2; next < len(p)-2 {
		return int(binary.LittleEndian.Uint16(p[next:]))
	}
	return table
}

// entry is the i-th name of the page.
func (p page) entry(i int) Node {
	start, end := p.offset(i), p.end(i)
	length, n := binary.Uvarint(p[start:end])
	keyEnd := start + n + int(length)
	return Node{key: p[start+n : keyEnd : keyEnd], data: p[keyEnd:end:end]}
}

func (p page) firstKey() []byte { return p.keyAt(0) }

func (p page) keyAt(off int) []byte {
	if length := int(p[off]); length < 0x80 {
		return p[off+1 : off+1+length]
	}
	length, n := binary.Uvarint(p[off:])
	return p[off+n : off+n+int(length)]
}

// search is the index of the first entry, not before from, whose key is not less than key.
func (p page) search(key []byte, from int) int {
	count := p.count()
	table := p[len(p)-2-2*count:]
	low, high := from, count
	for low < high {
		middle := int(uint(low+high) >> 1)
		if bytes.Compare(p.keyAt(int(binary.LittleEndian.Uint16(table[2*middle:]))), key) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}
