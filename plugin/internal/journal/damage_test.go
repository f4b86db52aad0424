package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"sort"
	"testing"
)

// A saved is a directory with one zone, to put damaged files into.
type saved struct {
	store             *Store
	snapshot, journal string // paths
	octets            [2][]byte
}

func (d *saved) read(t testing.TB) {
	t.Helper()
	for i, path := range []string{d.snapshot, d.journal} {
		var err error
		if d.octets[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *saved) write(t testing.TB, snapshot, journal []byte) {
	t.Helper()
	for path, octets := range map[string][]byte{d.snapshot: snapshot, d.journal: journal} {
		if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, octets) {
			continue
		}
		if err := os.WriteFile(path, octets, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// load is what a new process finds.
func (d *saved) load() (State, Recovery, error) {
	s := newStore(d.store.dir, d.store.disk)
	if err := s.list(); err != nil {
		return State{}, Recovery{}, err
	}
	return s.Load(example)
}

func newSaved(t testing.TB) *saved {
	s := open(t, t.TempDir())
	name := filepath.Join(s.dir, stem(groupOf(example), keyPart(example.Key)))
	return &saved{store: s, snapshot: name + snapshotSuffix, journal: name + journalSuffix}
}

// several is a zone whose journal has retained deltas, deltas and leases; ends says how long it was after each state.
func several(t testing.TB) (d *saved, states []State, ends []int64) {
	d = newSaved(t)
	for i, p := range changes(t, 6)[2:] {
		for _, st := range []State{state(p, i), state(p, i+50)} {
			save(t, d.store, example, st)
			states = append(states, st)
			ends = append(ends, size(t, d.store.dir, filepath.Base(d.journal)))
		}
	}
	d.read(t)
	return d, states, ends
}

// A journal that ends anywhere gives the last state that is whole, save that its lease may be older.
func TestJournalCutAnywhere(t *testing.T) {
	d, states, ends := several(t)
	journal := d.octets[1]
	for cut := range len(journal) + 1 {
		d.write(t, d.octets[0], journal[:cut])
		got, recovery, err := d.load()
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		last := 0
		for i, end := range ends {
			if int64(cut) >= end {
				last = i
			}
		}
		expect := states[last]
		whole := cut == 0 || cut == int(ends[last])
		if int64(cut) < ends[0] { // the retained deltas are not all there
			expect.Deltas = nil
			whole = cut == 0
		} else if last+1 < len(states) && got.Version.Serial() != expect.Version.Serial() {
			// The delta of the next state is whole, and its lease is not.
			expect.Published, whole = states[last+1].Published, false
			if recovered := int64(len(journal[:cut])) - recovery.Octets; recovered <= ends[last] {
				t.Fatalf("cut at %d: serial %s from octets that are said to be lost", cut, got.Version.Serial())
			}
		}
		if diff := differ(got, expect); diff != "" {
			t.Fatalf("cut at %d: not the last whole state: %s", cut, diff)
		}
		if recovery.Serial != got.Version.Serial() {
			t.Fatalf("cut at %d: recovered to %s, they say", cut, recovery.Serial)
		}
		if whole && recovery.Reason != nil {
			t.Fatalf("cut at %d: nothing is lost, but %v", cut, recovery.Reason)
		}
	}
}

// A flipped bit in a journal gives a version that once was, with deltas that lead to it.
func TestJournalFlippedAnywhere(t *testing.T) {
	d, states, ends := several(t)
	were := map[string]int{} // by content: how many deltas led to it
	for _, st := range states {
		were[content(st.Version)] = len(st.Deltas)
	}
	for at := range d.octets[1] {
		for _, bit := range []int{at % 8, 7} {
			journal := bytes.Clone(d.octets[1])
			journal[at] ^= 1 << bit
			d.write(t, d.octets[0], journal)
			got, recovery, err := d.load()
			if err != nil {
				t.Fatalf("bit %d of octet %d: %v", bit, at, err)
			}
			if count, ok := were[content(got.Version)]; !ok || len(got.Deltas) > count || !leadTo(got.Deltas, got.Version) {
				t.Fatalf("bit %d of octet %d: not a state that ever was", bit, at)
			}
			if recovery.Reason == nil {
				t.Fatalf("bit %d of octet %d: nothing is lost, they say", bit, at)
			}
			last := max(sort.Search(len(ends), func(i int) bool { return ends[i] > int64(at) })-1, 0)
			now := got.Version.Serial()
			if now != states[last].Version.Serial() && (last+1 == len(states) || now != states[last+1].Version.Serial()) {
				t.Fatalf("bit %d of octet %d: serial %s is not the last whole one", bit, at, now)
			}
		}
	}
}

func TestSnapshotCutOrFlippedAnywhere(t *testing.T) {
	d, _, _ := several(t)
	snapshot := d.octets[0]
	for at := range snapshot {
		d.write(t, snapshot[:at], d.octets[1])
		if _, _, err := d.load(); err == nil {
			t.Fatalf("cut at %d: loaded", at)
		}
		for _, bit := range []int{at % 8, 7} {
			flipped := bytes.Clone(snapshot)
			flipped[at] ^= 1 << bit
			d.write(t, flipped, d.octets[1])
			if _, _, err := d.load(); err == nil {
				t.Fatalf("bit %d of octet %d: loaded", bit, at)
			}
		}
	}
	d.write(t, append(bytes.Clone(snapshot), 0), d.octets[1])
	if _, _, err := d.load(); err == nil {
		t.Fatal("with an octet behind its end: loaded")
	}
}

// After any damage to the journal the next Save makes the disk whole again.
func TestSaveAfterDamage(t *testing.T) {
	d, states, _ := several(t)
	last := states[len(states)-1]
	journal := d.octets[1]
	for at := 0; at < len(journal); at += 7 {
		flipped := bytes.Clone(journal)
		flipped[at] ^= 4
		for _, octets := range [][]byte{journal[:at], flipped, append(bytes.Clone(journal), flipped[:at]...)} {
			d.write(t, d.octets[0], octets)
			s := reopened(t, d.store)
			d.store = s
			got, _, err := s.Load(example)
			if err != nil {
				t.Fatal(err)
			}
			// What was lost is fetched again, and then one change more.
			for _, p := range []State{last, state(next(t, last.Published, 77, nil, nil), 99)} {
				for len(got.Deltas) < len(p.Deltas) && got.Deltas != nil && p.Deltas[0].From.Serial != got.Deltas[0].From.Serial {
					p.Deltas = p.Deltas[1:]
				}
				save(t, s, example, p)
				got, recovery, err := d.load()
				if err != nil || recovery.Reason != nil || differ(got, p) != "" {
					t.Fatalf("damage at %d: %v, %v, %s", at, err, recovery.Reason, differ(got, p))
				}
			}
		}
	}
}

// Deltas with right checksums that do not continue the snapshot are left, and the next Save replaces them.
func TestDeltasThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		drop, serials int
	}{"the first delta is missing": {3, 1}, "one in between is missing": {5, 2}, "a retained one is missing": {2, 4}} {
		t.Run(name, func(t *testing.T) {
			d := newSaved(t)
			steps := changes(t, 5)[2:]
			for i, p := range steps {
				save(t, d.store, example, state(p, i))
			}
			d.read(t)
			frames := split(d.octets[1])
			// The frames are the preamble with the header, two retained deltas, and a delta and a lease for each step.
			kept := append([][]byte{}, frames[:c.drop]...)
			kept = append(kept, frames[c.drop+1:]...)
			d.write(t, d.octets[0], bytes.Join(kept, nil))
			got, recovery, err := d.load()
			if err != nil || recovery.Reason == nil {
				t.Fatal(err, recovery)
			}
			if expect := steps[c.serials-1].Version; content(got.Version) != content(expect) || !leadTo(got.Deltas, got.Version) {
				t.Errorf("loaded serial %s", got.Version.Serial())
			}
			s := reopened(t, d.store)
			s.Load(example)
			save(t, s, example, state(steps[3], 9))
			want(t, reopened(t, s), example, state(steps[3], 9))
		})
	}
}

// A delta whose set hashes are not those of the versions is not believed, though it applies.
func TestDeltaMustLeadWhereItSays(t *testing.T) {
	for name, at := range map[string]int{"from": 0, "to": 32 + 1 + len(soa(apex, 0).AppendWire(nil))} {
		t.Run(name, func(t *testing.T) {
			d := newSaved(t)
			steps := changes(t, 2)
			for i, p := range steps {
				save(t, d.store, example, state(p, i))
			}
			d.read(t)
			frames := split(d.octets[1])
			last := frames[len(frames)-3] // a lease is behind it, and the end
			last[frameHead+at] ^= 1
			mendSums(d.octets[1])
			d.write(t, d.octets[0], d.octets[1])
			got, recovery, err := d.load()
			if err != nil || recovery.Reason == nil || differ(got, state(steps[1], 1)) != "" {
				t.Errorf("loaded serial %s: %v, %v", got.Version.Serial(), err, recovery.Reason)
			}
			if recovery.Octets != int64(len(last)+len(frames[len(frames)-2])) {
				t.Errorf("%d octets are lost, they say", recovery.Octets)
			}
		})
	}
}
