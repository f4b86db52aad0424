package journal

import (
	"encoding/binary"
	"errors"
	"io/fs"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// errNotThere says that there is no journal, or not one as long as it was left.
var errNotThere = errors.New("journal is not as it was left")

// An addition is what one Save writes into a journal, in one write.
type addition struct {
	at     int64 // offset; 0: the journal begins with it
	octets []byte
	leases int // octets of the lease at its end
	deltas int
}

func (a *addition) end() int64 { return a.at + int64(len(a.octets)) }

// extend appends deltas and the lease to the journal. Errors: errNotThere, errTooLong, and those of the file system.
func (s *Store) extend(f *files, name string, l lease, missing []*zone.Delta) error {
	sum := l.sum()
	if len(missing) == 0 && sum == f.lease {
		return nil
	}
	a, err := f.addition(l, missing)
	if err != nil {
		return err
	}
	if err := s.put(f, name+journalSuffix, a); err != nil {
		return err
	}
	if a.at == 0 || a.at < f.journal || a.deltas > 0 {
		f.leases = 0
	}
	f.since += a.end() - f.journal
	f.journal, f.leases = a.end(), f.leases+int64(a.leases)
	f.lease = sum
	f.deltas += a.deltas
	if a.deltas > 0 {
		f.end = missing[a.deltas-1].To
		f.end.Record = nil // it would keep the delta in memory
	}
	return nil
}

// addition encodes what to append. A lease overwrites those at the end when they are many.
func (e *extent) addition(l lease, missing []*zone.Delta) (*addition, error) {
	a := &addition{at: e.journal, deltas: len(missing)}
	if a.deltas == 0 && e.leases > mostLeases {
		a.at -= e.leases
	}
	var err error
	frame := func(k kind, encode func(dst []byte) []byte) {
		buf, start := beginFrame(a.octets, k)
		if err == nil {
			a.octets, err = endFrame(encode(buf), start)
		}
	}
	if a.at == 0 {
		a.octets = appendPreamble(nil, journalMagic)
		frame(kindJournal, func(dst []byte) []byte { return binary.BigEndian.AppendUint64(dst, e.generation) })
	}
	for _, d := range missing {
		frame(kindDelta, func(dst []byte) []byte { return appendDelta(dst, d) })
	}
	a.leases = -len(a.octets)
	frame(kindLease, func(dst []byte) []byte { return appendLease(dst, l) })
	a.leases += len(a.octets)
	return a, err
}

// put writes an addition, durably when it has deltas. When that fails and cannot be undone, what the files lead to
// is not known any more.
func (s *Store) put(f *files, name string, a *addition) error {
	file, err := s.openJournal(f, name, a)
	if err != nil {
		return err
	}
	undone, err := a.write(file, f.journal)
	if cerr := file.Close(); err == nil && cerr != nil {
		undone, err = false, cerr
	}
	if err == nil && a.deltas > 0 && !f.durable {
		undone, err = false, s.disk.syncDir()
		f.durable = err == nil
	}
	if err != nil && !undone {
		f.known = false
	}
	return err
}

func (s *Store) openJournal(f *files, name string, a *addition) (file, error) {
	if a.at == 0 {
		f.durable = false
		return s.disk.create(name)
	}
	file, err := s.disk.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNotThere
	}
	return file, err
}

// write writes at its place into a journal of the known length. What lies behind that is torn.
func (a *addition) write(f file, known int64) (undone bool, err error) {
	size, err := f.size()
	if err != nil {
		return false, err
	}
	if size < known {
		return false, errNotThere
	}
	if size > known {
		if err := f.Truncate(known); err != nil {
			return false, err
		}
	}
	if _, err := f.WriteAt(a.octets, a.at); err != nil {
		return f.Truncate(a.at) == nil && a.at == known, err
	}
	if a.end() < known {
		if err := f.Truncate(a.end()); err != nil {
			return false, err
		}
	}
	if a.deltas == 0 {
		return false, nil
	}
	return false, f.Sync()
}
