package zone

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"iter"
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/rdata"
)

// A load collects the records of a whole zone in any order (RFC 5936 §2.2) and hands them out as nodes in
// key order.
type load struct{ trees [2]loadTree }

// loadTree keeps records in chunks: a list that grew by copying would cost twice its size at the worst moment.
type loadTree struct {
	chunks   [][]loadRecord
	unsorted bool
}

const loadChunk = 4096

// loadRecord is one record: its octets are key | labels (only when in mixed case) | RDATA.
type loadRecord struct {
	prefix uint64 // the first octets of the key, so that most comparisons need no memory access
	octets []byte
	ttl    uint32
	stored uint16
	keyLen uint16
	labels uint8
	sig    bool
}

func (r *loadRecord) key() []byte      { return r.octets[:r.keyLen] }
func (r *loadRecord) keptCase() []byte { return r.octets[r.keyLen : int(r.keyLen)+int(r.labels)] }
func (r *loadRecord) data() []byte     { return r.octets[int(r.keyLen)+int(r.labels):] }

func (l *load) add(a *arena, where int, key, labels []byte, stored uint16, sig bool, rr RR) {
	if !rr.Owner.HasUpper() {
		labels = nil
	}
	r := loadRecord{ttl: rr.TTL, stored: stored, keyLen: uint16(len(key)), labels: uint8(len(labels)), sig: sig}
	r.octets = a.copy3(key, labels, rr.Data)
	var head [8]byte
	copy(head[:], key)
	r.prefix = binary.BigEndian.Uint64(head[:])

	t := &l.trees[where]
	if last := t.last(); last != nil && !t.unsorted && last.compare(&r) > 0 {
		t.unsorted = true
	}
	t.append(r)
}

func (l *loadTree) last() *loadRecord {
	if len(l.chunks) == 0 {
		return nil
	}
	chunk := l.chunks[len(l.chunks)-1]
	return &chunk[len(chunk)-1]
}

func (l *loadTree) append(r loadRecord) {
	n := len(l.chunks)
	switch {
	case n == 0:
		l.chunks = append(l.chunks, []loadRecord{r}) // most zones are small
	case n == 1 && len(l.chunks[0]) < loadChunk, len(l.chunks[n-1]) < cap(l.chunks[n-1]):
		l.chunks[n-1] = append(l.chunks[n-1], r)
	default:
		l.chunks = append(l.chunks, append(make([]loadRecord, 0, loadChunk), r))
	}
}

// sort puts all records into one list when they did not come in order.
func (l *loadTree) sort() {
	if !l.unsorted {
		return
	}
	all := slices.Concat(l.chunks...)
	slices.SortStableFunc(all, func(a, b loadRecord) int { return a.compare(&b) })
	l.chunks, l.unsorted = [][]loadRecord{all}, false
}

func (a *arena) copy3(x, y, z []byte) []byte {
	a.reserve(len(x) + len(y) + len(z))
	start := len(a.block)
	a.block = append(append(append(a.block, x...), y...), z...)
	return a.block[start:len(a.block):len(a.block)]
}

// compare orders by key alone; what belongs to one key is put in order by the draft.
func (r *loadRecord) compare(o *loadRecord) int {
	if r.prefix != o.prefix {
		return cmp.Compare(r.prefix, o.prefix)
	}
	return bytes.Compare(r.key(), o.key())
}

// nodes yields each name once, in key order. The slices are valid until the next one.
func (l *loadTree) nodes() iter.Seq2[[]byte, []byte] {
	l.sort()
	return func(yield func(key, node []byte) bool) {
		var d draft
		var node []byte
		var group []loadRecord
		emit := func() bool {
			d.gather(group)
			node = d.appendNode(node[:0])
			return yield(group[0].key(), node)
		}
		for _, chunk := range l.chunks {
			for i := range chunk {
				if len(group) > 0 && group[0].compare(&chunk[i]) != 0 {
					if !emit() {
						return
					}
					group = group[:0]
				}
				group = append(group, chunk[i])
			}
		}
		if len(group) > 0 {
			emit()
		}
	}
}

// gather fills the draft with the records of one name.
func (d *draft) gather(records []loadRecord) {
	d.reuse()
	d.keptCase = records[0].keptCase()
	if len(records) > manyRecords {
		d.gatherMany(records)
		return
	}
	for i := range records {
		r := &records[i]
		d.add(r.stored, r.sig, r.ttl, r.data())
	}
}

// manyRecords is the number of records at one name from which sorting them first beats inserting them.
const manyRecords = 64

func (d *draft) gatherMany(records []loadRecord) {
	forms := make([][]byte, len(records))
	order := make([]int, len(records))
	for i := range records {
		order[i] = i
		forms[i] = records[i].canonical()
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &records[a], &records[b]
		return cmp.Or(cmp.Compare(x.stored, y.stored), bytes.Compare(forms[a], forms[b]))
	})
	for _, i := range order {
		d.add(records[i].stored, records[i].sig, records[i].ttl, records[i].data())
	}
}

func (r *loadRecord) canonical() []byte {
	rrtype := r.stored
	if r.sig {
		rrtype = typeRRSIG
	}
	if !rdata.Folds(rrtype) {
		return r.data()
	}
	return rdata.AppendCanonical(nil, r.data(), rrtype)
}

// reuse empties the draft and keeps its memory.
func (d *draft) reuse() {
	d.keptCase = nil
	d.sets = d.sets[:0]
}
