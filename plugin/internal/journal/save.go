package journal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"io/fs"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// extent is what the files of a zone lead to, and how long they are.
type extent struct {
	known      bool           // false: the next Save writes all of it anew
	durable    bool           // the directory surely knows the journal
	end        zone.SerialSOA // of the version
	deltas     int            // in the journal, that lead to the version
	generation uint64
	lease      uint64 // sum of the last one
	snapshot   int64  // octets of the snapshot
	journal    int64  // octets of the journal, to the end of the last whole frame; 0: there is none
	since      int64  // of these, those that came after the snapshot
	leases     int64  // of these, those of the leases at the end
}

// What came after the snapshot is bounded by a tenth of what a new one would write, so that neither writing nor
// replaying outgrows the zone. Leases alone never need a new snapshot: many are overwritten by the next one. A crash
// in the midst of that leaves the lease before all of them, which is no harm: it ends earlier.
const (
	leastSince = 64 << 10
	mostLeases = 4 << 10
)

// Save brings the disk to st: by a lease, by the deltas that lead from what is on disk to st, or by writing all of
// it. When it returns nil, the content is durable; a lease alone is not synced. After an error what was on disk is
// still there, or st is, and the next Save tries again. A state without a Version is not saved.
func (s *Store) Save(id ID, st State) error {
	if st.Version == nil {
		return nil
	}
	st.Deltas = leading(st.Published)
	f := s.claim(id)
	name := stem(groupOf(id), f.key)
	missing, ok := f.missing(st)
	err := errNotThere
	if ok {
		err = s.extend(f, name, leaseOf(st), missing)
	}
	if errors.Is(err, errNotThere) {
		err = s.rewrite(f, name, id, st)
	}
	if errors.Is(err, fs.ErrNotExist) && s.remake() {
		err = s.rewrite(f, name, id, st)
	}
	if err != nil || f.adopted == nil {
		return err
	}
	s.mu.Lock()
	err = s.discard(groupOf(id), f.adopted)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	f.adopted = nil
	return s.disk.syncDir()
}

// leading are the deltas that lead to the version, each from where the one before it led.
func leading(p zone.Published) []*zone.Delta {
	at, first := endOf(p.Version), len(p.Deltas)
	for ; first > 0 && !p.Deltas[first-1].Partial && same(p.Deltas[first-1].To, at); first-- {
		at = p.Deltas[first-1].From
	}
	return p.Deltas[first:]
}

// missing are the deltas of st that lead from the disk to it. It is not ok when there is no such chain, when deltas
// before them are not on disk, or when a new snapshot is due.
func (e *extent) missing(st State) (list []*zone.Delta, ok bool) {
	if !e.known {
		return nil, false
	}
	first, at := len(st.Deltas), endOf(st.Version)
	added := 0
	for !same(at, e.end) {
		if first == 0 {
			return nil, false
		}
		first--
		at = st.Deltas[first].From
		added += st.Deltas[first].Octets()
	}
	list = st.Deltas[first:]
	if first > e.deltas || len(list) > 0 && e.since+int64(added) > e.mostSince(st.Deltas) {
		return nil, false
	}
	return list, true
}

func (e *extent) mostSince(retained []*zone.Delta) int64 {
	size := e.snapshot
	for _, d := range retained {
		size += int64(d.Octets())
	}
	return max(size/10, leastSince)
}

// rewrite writes the snapshot and then, when there are deltas to keep, its journal. The new snapshot is of a new
// generation, so that a journal of the old one beside it means nothing.
func (s *Store) rewrite(f *files, name string, id ID, st State) error {
	generation, err := draw()
	if err != nil {
		return err
	}
	snap, err := s.aside(name+snapshotSuffix, snapshotMagic)
	if err != nil {
		return err
	}
	if err := fillSnapshot(snap, newHeader(id, st, generation), st.Version); err != nil {
		return snap.drop(err)
	}
	if err := snap.complete(); err != nil {
		return snap.drop(err)
	}
	f.known = false
	if err := snap.publish(); err != nil {
		return err
	}
	e := extent{
		known: true, generation: generation, end: endOf(st.Version), deltas: len(st.Deltas),
		lease: leaseOf(st).sum(), snapshot: snap.at,
	}
	if len(st.Deltas) == 0 {
		if err := s.disk.remove(name + journalSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	} else {
		if e.journal, err = s.retain(name, generation, st.Deltas); err != nil {
			return err
		}
		e.durable = true
	}
	f.extent = e
	return nil
}

// retain writes a new journal with the deltas that led to the snapshot, and says how long it is.
func (s *Store) retain(name string, generation uint64, list []*zone.Delta) (int64, error) {
	a, err := s.aside(name+journalSuffix, journalMagic)
	if err != nil {
		return 0, err
	}
	err = a.frame(kindJournal, func(dst []byte) []byte { return binary.BigEndian.AppendUint64(dst, generation) })
	for _, d := range list {
		if err == nil {
			err = a.frame(kindRetained, func(dst []byte) []byte { return appendDelta(dst, d) })
		}
	}
	if err == nil {
		err = a.complete()
	}
	if err != nil {
		return 0, a.drop(err)
	}
	return a.at, a.publish()
}

func draw() (uint64, error) {
	var octets [8]byte
	_, err := rand.Read(octets[:])
	return binary.BigEndian.Uint64(octets[:]), err
}

var leaseSeed = maphash.MakeSeed()

// sum tells one lease from another, within this process.
func (l lease) sum() uint64 { return maphash.Bytes(leaseSeed, appendLease(nil, l)) }
