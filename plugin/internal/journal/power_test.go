package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A modelDisk is a disk in memory that knows what has been synced. Operations fail, counted from the start, a write
// by half.
type modelDisk struct {
	now, durable map[string]*modelFile
	operations   int
	first, last  int // that fail
}

type modelFile struct {
	disk         *modelDisk
	now, durable []byte
}

var errPower = errors.New("no power")

func newModelDisk(first, last int) *modelDisk {
	return &modelDisk{now: map[string]*modelFile{}, durable: map[string]*modelFile{}, first: first, last: last}
}

func (d *modelDisk) step() error {
	d.operations++
	if d.first <= d.operations && d.operations <= d.last {
		return errPower
	}
	return nil
}

func (d *modelDisk) create(name string) (file, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	f := d.now[name]
	if f == nil {
		f = &modelFile{disk: d}
		d.now[name] = f
	}
	f.now = nil
	return f, nil
}

func (d *modelDisk) open(name string) (file, error) {
	if d.now[name] == nil {
		return nil, fs.ErrNotExist
	}
	return d.now[name], d.step()
}

func (d *modelDisk) rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.now[to] = d.now[from]
	delete(d.now, from)
	return nil
}

func (d *modelDisk) remove(name string) error {
	if d.now[name] == nil {
		return fs.ErrNotExist
	}
	if err := d.step(); err != nil {
		return err
	}
	delete(d.now, name)
	return nil
}

func (d *modelDisk) syncDir() error {
	if err := d.step(); err != nil {
		return err
	}
	d.durable = maps.Clone(d.now)
	return nil
}

func (f *modelFile) WriteAt(data []byte, off int64) (int, error) {
	err := f.disk.step()
	if err != nil {
		data = data[:len(data)/2]
	}
	if grow := int(off) + len(data) - len(f.now); grow > 0 {
		f.now = append(bytes.Clone(f.now), make([]byte, grow)...)
	}
	f.now = bytes.Clone(f.now)
	copy(f.now[off:], data)
	return len(data), err
}

func (f *modelFile) Truncate(size int64) error {
	if err := f.disk.step(); err != nil {
		return err
	}
	f.now = bytes.Clone(f.now[:size])
	return nil
}

func (f *modelFile) Sync() error {
	if err := f.disk.step(); err != nil {
		return err
	}
	f.durable = f.now
	return nil
}

func (f *modelFile) SyncAlone() error     { return f.Sync() }
func (f *modelFile) Close() error         { return nil }
func (f *modelFile) size() (int64, error) { return int64(len(f.now)), f.disk.step() }

// left writes out what is on the disk when all was written in time, or when names or contents were not.
func (d *modelDisk) left(t *testing.T, names, contents bool) *Store {
	t.Helper()
	s := open(t, t.TempDir())
	list := d.durable
	if names {
		list = d.now
	}
	for name, f := range list {
		octets := f.durable
		if contents {
			octets = f.now
		}
		if err := os.WriteFile(filepath.Join(s.dir, name), octets, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return reopened(t, s)
}

// story is a zone's life with every way to write.
func story(t *testing.T) (list []State) {
	steps := changes(t, 4)
	big := rr("big.example.org.", 65280, make([]byte, 60_000)...)
	large := next(t, steps[4], 100, nil, []zone.RR{big})
	larger := next(t, large, 101, nil, []zone.RR{rr("bigger.example.org.", 65280, make([]byte, 60_000)...)})
	for i, p := range []zone.Published{
		steps[0], steps[1],
		{Version: steps[0].Version}, // an older backup at the primary
		steps[1], steps[2], steps[4],
		fresh(t, apex, 50), // an AXFR without history
		larger,             // and one with
		next(t, larger, 102, []zone.RR{big}, nil),
	} {
		list = append(list, state(p, i))
	}
	for i := range 6 { // leases, so long that some are overwritten
		st := list[len(list)-1]
		st.Tag = strings.Repeat("tag", 400+i)
		list = append(list, st)
	}
	return append(list, state(next(t, list[len(list)-1].Published, 103, nil, []zone.RR{big}), 1))
}

// When the process ends or the power fails at any operation of any Save, the state before or after it is loaded,
// whatever of what was not synced is on the disk; and the next Save succeeds.
func TestPowerFailsAnywhere(t *testing.T) {
	states := story(t)
	for at, over := 1, false; !over; at++ {
		d := newModelDisk(at, math.MaxInt)
		s := newStore("", d)
		done := 0
		for done < len(states) && s.Save(example, states[done]) == nil {
			done++
		}
		over = done == len(states)
		for _, kept := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
			left := d.left(t, kept[0], kept[1])
			got, _, err := left.Load(example)
			if errors.Is(err, ErrNone) && done == 0 {
				continue
			}
			if err != nil {
				t.Fatalf("operation %d, %v: %v", at, kept, err)
			}
			before, after := states[max(done-1, 0)], states[min(done, len(states)-1)]
			if !between(got, before, after) || !leadTo(got.Deltas, got.Version) {
				t.Fatalf("operation %d, %v: serial %s is neither before nor after", at, kept, got.Version.Serial())
			}
			// A lease that is half overwritten takes those it was to replace with it.
			overwrites := len(after.Tag) > 1000
			if kept[0] && kept[1] && !overwrites && got.Tag != after.Tag && (done == 0 || got.Tag != before.Tag) {
				t.Fatalf("operation %d: the lease is lost though the system went on", at)
			}
			save(t, left, example, after)
			want(t, reopened(t, left), example, after)
		}
	}
}

// between says whether the version is that of before or after, or one on the way that deltas lead from one to the other.
func between(got, before, after State) bool {
	for i := len(after.Deltas) - 1; i >= 0 && !same(after.Deltas[i].To, endOf(before.Version)); i-- {
		if same(after.Deltas[i].To, endOf(got.Version)) {
			return true
		}
	}
	is := content(got.Version)
	return is == content(before.Version) || is == content(after.Version)
}

// When one or two operations fail and life goes on, every Save that says that it succeeded has: its state is durable.
func TestOperationsFail(t *testing.T) {
	states := story(t)
	for count := range 2 {
		for at, over := 1, false; !over; at++ {
			d := newModelDisk(at, at+count)
			s := newStore("", d)
			over = true
			last := -1 // that was saved
			for i, st := range states {
				switch err := s.Save(example, st); {
				case err == nil:
					last = i
					if d.operations < d.first || d.operations > d.last+20 {
						continue // nothing has failed yet, or it is long ago
					}
					saved := d.left(t, true, true)
					want(t, saved, example, st)
					got, _, err := d.left(t, false, false).Load(example)
					if err != nil || content(got.Version) != content(st.Version) {
						t.Fatalf("operation %d, after save %d and the power is gone: %v", at, i, err)
					}
				case last >= 0:
					over = false
					got, _, err := d.left(t, true, true).Load(example)
					if err != nil || !slices.ContainsFunc(states[last:i+1], func(one State) bool { return between(got, states[last], one) }) {
						t.Fatalf("operation %d fails in save %d: %v", at, i, err)
					}
				default:
					over = false
				}
			}
		}
	}
}
