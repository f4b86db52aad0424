package zone

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/understudy-dns/understudy/plugin/internal/breather"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
)

// A load makes trees of the records of a whole zone, in whatever order they come (RFC 5936 §2.2). Primaries send
// names in canonical order nearly always: then pages are filled as records arrive, and nothing else is kept.
//
// Records are collected in batches. While the next one is collected, the last one is worked up by a goroutine
// that ends with it; a zone of one batch has none.
type load struct {
	trees   [2]loadTree
	length  int // of a batch
	filling batch
	spare   batch
	added   breather.Breather
	busy    chan struct{} // closed when the last batch was worked up; nil: there was none
}

// batch is records and their octets.
type batch struct {
	records []loadRecord
	octets  arena
	size    int // of all octets
}

// These bound a batch. Its memory is small beside a large zone, and passing it on costs nothing beside working it
// up.
const (
	batchRecords = 4096
	batchOctets  = 1 << 20
)

// loadRecord is one record: its octets are key | labels (only when in mixed case) | RDATA.
type loadRecord struct {
	head   uint64 // of the key, so that most comparisons need no memory access
	octets []byte
	ttl    uint32
	stored uint16
	keyLen uint16
	labels uint8
	sig    bool
	where  uint8 // inNames or inHashed
}

func (r *loadRecord) key() []byte      { return r.octets[:r.keyLen] }
func (r *loadRecord) keptCase() []byte { return r.octets[r.keyLen : int(r.keyLen)+int(r.labels)] }
func (r *loadRecord) data() []byte     { return r.octets[int(r.keyLen)+int(r.labels):] }

// compare orders by key alone; what belongs to one key is put in order by the draft.
func (r *loadRecord) compare(o *loadRecord) int {
	if r.head != o.head {
		return cmp.Compare(r.head, o.head)
	}
	return bytes.Compare(r.key(), o.key())
}

func (l *load) begun() bool { return l.trees[inNames].commit != nil }

// begin is called before anything is added; until then the settings of the transaction may change.
func (l *load) begin(t *Txn) {
	l.length = t.batchSize
	for where := range l.trees {
		l.trees[where] = loadTree{commit: newCommit(t), base: t.base.tree(where), length: t.runSize}
	}
}

func (l *load) add(where int, key, labels []byte, stored uint16, sig bool, rr RR) {
	if !rr.Owner.HasUpper() {
		labels = nil
	}
	r := loadRecord{
		head: headOf(key), ttl: rr.TTL, stored: stored, sig: sig,
		keyLen: uint16(len(key)), labels: uint8(len(labels)), where: uint8(where),
	}
	r.octets = l.filling.octets.copy3(key, labels, rr.Data)
	l.filling.records = append(l.filling.records, r)
	l.added.Did(1)
	l.filling.size += len(r.octets)
	if len(l.filling.records) == l.length || l.filling.size >= batchOctets {
		l.handOver()
	}
}

// handOver has the batch worked up beside what goes on.
func (l *load) handOver() {
	l.wait()
	full, done := l.filling, make(chan struct{})
	l.filling, l.busy = l.spare, done
	l.filling.reset()
	l.spare = full
	go func() {
		defer close(done)
		l.workUp(full)
	}()
}

// wait returns when no batch is being worked up.
func (l *load) wait() {
	if l.busy != nil {
		<-l.busy
	}
}

func (l *load) workUp(b batch) {
	var breather breather.Breather
	for i := range b.records {
		r := &b.records[i]
		l.trees[r.where].add(r)
		breather.Did(1)
	}
	for i := range l.trees {
		l.trees[i].keepGroup()
	}
}

// finish works up what is left, and returns both trees and what they add up to.
func (l *load) finish(t *Txn) (trees [2]tree, c *commit) {
	if !l.begun() {
		l.begin(t)
	}
	l.wait()
	l.workUp(l.filling)
	for where := range l.trees {
		trees[where] = l.trees[where].finish()
	}
	c = l.trees[inNames].commit
	c.join(l.trees[inHashed].commit)
	return trees, c
}

// reset empties the batch and keeps its memory, that of its octets only as far as they lie in one block.
func (b *batch) reset() {
	b.records, b.size = b.records[:0], 0
	b.octets.block = b.octets.block[:0]
}

func (a *arena) copy3(x, y, z []byte) []byte {
	a.reserve(len(x) + len(y) + len(z))
	start := len(a.block)
	a.block = append(append(append(a.block, x...), y...), z...)
	return a.block[start:len(a.block):len(a.block)]
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
