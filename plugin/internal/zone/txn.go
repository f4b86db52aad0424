package zone

import (
	"errors"
	"fmt"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/breather"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/rdata"
)

const typeRRSIG = dns.TypeRRSIG

// What a transaction refuses.
var (
	// ErrAbsent: a record to delete is not there, so the change was made for another base (RFC 1995 §4).
	ErrAbsent = errors.New("record to delete is absent")
	// ErrOutside: an owner name is neither the apex nor below it.
	ErrOutside = errors.New("owner name is outside the zone")
	// ErrSOA: the result does not have exactly one SOA, at the apex (RFC 1034 §4.2.1).
	ErrSOA = errors.New("zone does not have exactly one SOA")
	// ErrFinished: the transaction was committed before.
	ErrFinished = errors.New("transaction is finished")
)

// Txn makes the next Version. It is used by one goroutine, and its base never changes.
type Txn struct {
	apex     owner.Name
	base     *Version // nil: an empty zone
	full     *load    // the whole new content, or nil when the base is changed
	drafts   [2]map[string]*draft
	arena    arena
	key      []byte
	finished bool
	breather breather.Breather

	pageSize int // in octets
	// Records in a batch and in a run of a whole zone.
	batchSize, runSize int
}

// The two trees of a Version.
const (
	inNames = iota
	inHashed
)

// Begin starts a transaction that changes base (IXFR).
func Begin(base *Version) *Txn {
	t := &Txn{apex: base.apex, base: base, pageSize: defaultPageSize}
	t.drafts[inNames], t.drafts[inHashed] = map[string]*draft{}, map[string]*draft{}
	return t
}

// Replace starts a transaction for the whole new content of a zone (AXFR). base is what it replaces, or
// nil: the commit shares what stayed the same, and computes the Delta.
func Replace(apex owner.Name, base *Version) *Txn {
	return &Txn{
		apex: apex.Clone(), base: base, full: new(load),
		pageSize: defaultPageSize, batchSize: batchRecords, runSize: runRecords,
	}
}

// Close ends a transaction that is not to be committed. It may be called at any time, also after Commit.
func (t *Txn) Close() {
	t.finished = true
	if t.full != nil {
		t.full.wait()
	}
}

// Add puts a record in. A duplicate is ignored; of different TTLs in an RRset the lowest holds. It keeps
// no reference to rr. Errors: ErrOutside, rdata.ErrMalformed.
func (t *Txn) Add(rr RR) error {
	where, stored, sig, err := t.locate(rr)
	if err != nil {
		return err
	}
	if rr.Type == dns.TypeSOA && len(t.key) == 0 {
		t.apex = rr.Owner.Clone() // the zone is spelt as its primary spells it (RFC 5936 §3.4)
	}
	if t.full != nil {
		if !t.full.begun() {
			t.full.begin(t)
		}
		t.full.add(where, t.key, t.labels(rr.Owner), stored, sig, rr)
		return nil
	}
	d := t.draft(where)
	if len(d.sets) == 0 {
		d.keptCase = nil
		if rr.Owner.HasUpper() {
			d.keptCase = t.arena.copy(t.labels(rr.Owner))
		}
	}
	d.add(stored, sig, rr.TTL, t.arena.copy(rr.Data))
	return nil
}

// Delete takes a record out. Errors: ErrAbsent, ErrOutside, rdata.ErrMalformed.
func (t *Txn) Delete(rr RR) error {
	where, stored, sig, err := t.locate(rr)
	if err != nil {
		return err
	}
	if t.full != nil {
		return fmt.Errorf("delete in a transaction that replaces the zone: %w", ErrAbsent)
	}
	if !t.draft(where).remove(stored, sig, rr.Data) {
		return ErrAbsent
	}
	return nil
}

// locate finds the tree, and leaves the sort key in t.key.
func (t *Txn) locate(rr RR) (where int, stored uint16, sig bool, err error) {
	if t.finished {
		return 0, 0, false, ErrFinished
	}
	var ok bool
	if t.key, ok = owner.AppendKey(t.key[:0], rr.Owner, t.apex); !ok {
		return 0, 0, false, ErrOutside
	}
	if rr.Type == typeRRSIG && len(rr.Data) < 18 {
		return 0, 0, false, rdata.ErrMalformed
	}
	stored, sig = storedType(rr.Type, rr.Data)
	if stored == dns.TypeNSEC3 {
		where = inHashed
	}
	return where, stored, sig, nil
}

func (t *Txn) labels(name owner.Name) []byte { return name[:len(name)-len(t.apex)] }

// draft is the draft of the name whose key is in t.key, loaded from the base when it is first touched.
func (t *Txn) draft(where int) *draft {
	if d, ok := t.drafts[where][string(t.key)]; ok {
		return d
	}
	d := new(draft)
	if n, ok := t.base.tree(where).get(t.key); ok {
		d.load(n)
	}
	t.drafts[where][string(t.key)] = d
	t.breather.Did(draftWork)
	return d
}

// draftWork is what it takes to find a name in a large tree, in units of package breather; and to write a page anew.
const draftWork = 8

func (v *Version) tree(where int) *tree {
	switch {
	case v == nil:
		return &tree{}
	case where == inHashed:
		return &v.hashed
	}
	return &v.names
}

// An arena keeps copies of octets in blocks that grow as more comes.
type arena struct{ block []byte }

const (
	firstArenaBlock = 1 << 10
	lastArenaBlock  = 1 << 18
)

// reserve makes room for n octets in one block.
func (a *arena) reserve(n int) {
	if n > cap(a.block)-len(a.block) {
		size := min(max(2*cap(a.block), firstArenaBlock), lastArenaBlock)
		a.block = make([]byte, 0, max(size, n))
	}
}

func (a *arena) copy(b []byte) []byte {
	a.reserve(len(b))
	start := len(a.block)
	a.block = append(a.block, b...)
	return a.block[start:len(a.block):len(a.block)]
}
