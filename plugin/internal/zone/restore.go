package zone

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
	"runtime"
	"sync"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/breather"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
)

// ErrPage says that octets are not a page of a zone, or not at this place among its pages.
var ErrPage = errors.New("page is not well-formed")

// Pages yields the pages as they are in memory: those of names and those of the owner names of NSEC3 records.
// They must not be changed.
func (v *Version) Pages() (names, hashed iter.Seq[[]byte]) { return v.names.all(), v.hashed.all() }

// PageCounts is how many pages Pages yields.
func (v *Version) PageCounts() (names, hashed int) { return v.names.pageCount(), v.hashed.pageCount() }

func (t *tree) all() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for p := range t.pages() {
			if !yield(p) {
				return
			}
		}
	}
}

// Restore makes a Version of the pages that another one had, whose set hash under key it believes. It believes
// nothing else: whatever the octets are, a Version that it returns is safe to read and to change. The pages belong
// to the Version from then on. Errors: ErrPage, ErrSOA, owner.ErrName, rdata.ErrMalformed.
func Restore(apex owner.Name, key *HashKey, hash SetHash, names, hashed [][]byte) (*Version, error) {
	if n, err := owner.Len(apex); err != nil || n != len(apex) {
		return nil, owner.ErrName
	}
	v := &Version{apex: apex, hashKey: key, hash: hash}
	var err error
	if v.names, err = v.inspect(names, false); err != nil {
		return nil, err
	}
	if v.hashed, err = v.inspect(hashed, true); err != nil {
		return nil, err
	}
	v.counts = v.counts.settled()
	if err := v.finish(); err != nil {
		return nil, err
	}
	return v, nil
}

// inspected is how many pages are worth a goroutine.
const inspected = 64

// inspect checks pages, in parallel where there are many, and counts what they hold.
func (v *Version) inspect(pages [][]byte, hashed bool) (tree, error) {
	parts := make([]inspector, max(min(runtime.GOMAXPROCS(0), len(pages)/inspected), 1))
	var inspectors sync.WaitGroup
	for i := range parts {
		c := &parts[i]
		c.apex, c.hashed = v.apex, hashed
		from, to := i*len(pages)/len(parts), (i+1)*len(pages)/len(parts)
		if len(parts) == 1 {
			c.pages(pages)
			break
		}
		inspectors.Go(func() { c.pages(pages[from:to]) })
	}
	inspectors.Wait()
	for i, c := range parts {
		if c.bad || i > 0 && bytes.Compare(parts[i-1].key, c.first) >= 0 {
			return tree{}, ErrPage
		}
		v.counts.add(c.counts)
	}
	b := newTreeBuilder(&tree{}, defaultPageSize)
	for _, octets := range pages {
		b.append(page(octets[:len(octets):len(octets)]))
	}
	return b.done(), nil
}

// An inspector checks pages that follow each other in one pass. See page.go and node.go for what they hold.
type inspector struct {
	apex       owner.Name
	hashed     bool // the tree of NSEC3 records
	bad        bool
	counts     Counts
	first, key []byte // the first key and the last one, nil before the first
	scratch    []byte
	breather   breather.Breather
}

func (c *inspector) pages(list [][]byte) {
	for _, octets := range list {
		c.breather.Did(walkWork)
		if p := page(octets); !c.page(p) {
			c.bad = true
			return
		} else if c.first == nil {
			c.first = p.firstKey()
		}
	}
}

func (c *inspector) page(p page) bool {
	if len(p) < 2 || p.count() == 0 || p.tableStart() <= 0 || p.offset(0) != 0 {
		return false
	}
	start, table := 0, p.tableStart()
	for i := range p.count() {
		end := table
		if i+1 < p.count() {
			end = p.offset(i + 1)
		}
		if end <= start || end > table || !c.entry(p[start:end]) {
			return false
		}
		start = end
	}
	return true
}

func (c *inspector) entry(data []byte) bool {
	key, node, ok := cutCounted(data)
	if !ok || len(node) < 1 || c.key != nil && bytes.Compare(c.key, key) >= 0 {
		return false
	}
	labels := 1 + int(node[0])
	if len(node) <= labels || !c.validKey(key) || labels > 1 && !c.spells(node[1:labels], key) {
		return false
	}
	c.key = key
	last := -1
	for sets := node[labels:]; len(sets) > 0; {
		var rrtype int
		if rrtype, sets, ok = c.rrset(sets); !ok || rrtype <= last {
			return false
		}
		last = rrtype
	}
	c.counts.node(Node{key, node}, 1)
	return true
}

// validKey says whether the key is that of an owner name, not too long, in the zone (see owner.AppendKey).
func (c *inspector) validKey(key []byte) bool {
	octets, label := len(c.apex), 0
	for i := 0; i < len(key); i++ {
		switch b := key[i]; {
		case b == 0:
			if label == 0 || label > owner.MaxLabel {
				return false
			}
			octets += label + 1
			label = 0
			continue
		case b == 1:
			if i++; i == len(key) || key[i] != 1 && key[i] != 2 {
				return false
			}
		case b != owner.Lower(b):
			return false
		}
		label++
	}
	return label == 0 && octets <= owner.MaxName
}

// spells says whether the labels, as they arrived, are those of the key.
func (c *inspector) spells(labels, key []byte) bool {
	name := append(append(c.scratch[:0], labels...), c.apex...)
	n, err := owner.Len(name)
	if err != nil || n != len(name) {
		return false
	}
	again, ok := owner.AppendKey(name, owner.Name(name), c.apex)
	c.scratch = again
	return ok && bytes.Equal(again[n:], key)
}

func (c *inspector) rrset(data []byte) (rrtype int, rest []byte, ok bool) {
	if len(data) < 6 {
		return 0, nil, false
	}
	t := binary.BigEndian.Uint16(data)
	body, rest, ok := cutCounted(data[6:])
	if !ok || (t == dns.TypeNSEC3) != c.hashed {
		return 0, nil, false
	}
	counts, body, ok := cutUvarint(body)
	if !ok || counts == 0 || t == typeRRSIG && counts>>1 > 0 {
		return 0, nil, false
	}
	if body, ok = c.members(body, counts>>1, t, t); ok && counts&1 != 0 {
		var sigs uint64
		if sigs, body, ok = cutUvarint(body); !ok || sigs == 0 || len(body) < 4 {
			return 0, nil, false
		}
		body, ok = c.members(body[4:], sigs, typeRRSIG, t)
	}
	return int(t), rest, ok && len(body) == 0
}

// members checks a list of RDATA; RRSIGs must cover the type they lie beside.
func (c *inspector) members(list []byte, count uint64, rrtype, covered uint16) (rest []byte, ok bool) {
	if count > uint64(len(list)) {
		return nil, false
	}
	for range count {
		var data []byte
		if data, list, ok = cutCounted(list); !ok || !rdata.Valid(data, rrtype) {
			return nil, false
		}
		if rrtype == typeRRSIG && rdata.Covered(data) != covered {
			return nil, false
		}
	}
	return list, true
}

// cutCounted takes octets off that lie behind their number, a uvarint.
func cutCounted(data []byte) (octets, rest []byte, ok bool) {
	n, data, ok := cutUvarint(data)
	if !ok || n > uint64(len(data)) {
		return nil, nil, false
	}
	return data[:n:n], data[n:], true
}

func cutUvarint(data []byte) (n uint64, rest []byte, ok bool) {
	n, used := binary.Uvarint(data)
	if used <= 0 {
		return 0, nil, false
	}
	return n, data[used:], true
}
