package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

func TestWhatIsSavedIsLoaded(t *testing.T) {
	changed := changes(t, 9)
	for name, st := range map[string]State{
		"all that a zone can have": state(varied(t), 1),
		"the root, nothing known":  {Published: fresh(t, owner.Root, 1, rr(".", dns.TypeNS, 1, 'a', 0))},
		"with its deltas":          state(changed[9], 3),
		"with its last deltas":     state(zone.Published{Version: changed[9].Version, Deltas: changed[9].Deltas[4:]}, 3),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			id := ID{st.Version.Apex().Canonical(), "inside", "tls://.:853"}
			save(t, s, id, st)
			want(t, reopened(t, s), id, st)
		})
	}
}

// Every state is loaded as it was saved, by a new process or by the one that saved it, however it came to the disk.
func TestEveryStepIsLoaded(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "made", "anew"))
	axfr := zone.Replace(apex, nil)
	axfr.Add(soa(apex, 99))
	other, _, err := axfr.Commit()
	if err != nil {
		t.Fatal(err)
	}
	steps := changes(t, 12)
	for i, p := range steps {
		if i > 6 {
			p.Deltas = p.Deltas[i-5:] // there was no room for more
		}
		save(t, s, example, state(p, i))
		if i%2 == 0 {
			s = reopened(t, s)
		}
		want(t, s, example, state(p, i))
		save(t, s, example, state(p, i+100)) // a lease alone
		want(t, s, example, state(p, i+100))
	}
	for i, p := range []zone.Published{
		{Version: steps[12].Version}, // journal off
		{Version: other},             // another zone altogether
		steps[3],                     // and back
		next(t, next(t, steps[3], 7, nil, nil), 9, nil, nil), // two at once
	} {
		save(t, s, example, state(p, i))
		want(t, s, example, state(p, i))
	}
}

func TestDeltasThatDoNotLeadThereAreNotKept(t *testing.T) {
	steps := changes(t, 5)
	partial := *steps[4].Deltas[2]
	partial.Partial, partial.Deleted, partial.Added = true, nil, nil
	all := steps[5].Deltas
	for name, c := range map[string]struct {
		given []*zone.Delta
		kept  int
	}{
		"a gap":            {[]*zone.Delta{all[0], all[1], all[3], all[4]}, 2},
		"elsewhere":        {all[:4], 0},
		"one has too much": {[]*zone.Delta{all[0], all[1], &partial, all[3], all[4]}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			save(t, s, example, state(steps[2], 1))
			st := state(zone.Published{Version: steps[5].Version, Deltas: c.given}, 2)
			save(t, s, example, st)
			st.Deltas = all[5-c.kept:]
			want(t, s, example, st)
		})
	}
}

func TestOneRecordIsOneAppend(t *testing.T) {
	s := open(t, t.TempDir())
	base := varied(t)
	save(t, s, example, state(base, 1))
	before := fileNames(t, s.dir)
	changed := next(t, base, 2, nil, []zone.RR{rr("new.example.org.", dns.TypeA, 192, 0, 2, 9)})
	save(t, s, example, state(changed, 2))
	save(t, s, example, state(changed, 2))
	grown := 0
	for _, name := range fileNames(t, s.dir) {
		if strings.HasSuffix(name, journalSuffix) {
			grown = int(size(t, s.dir, name))
		}
	}
	if len(before) != 2 || grown == 0 || grown > 500 {
		t.Errorf("files %q, journal of %d octets", before, grown)
	}
}

// Neither deltas nor leases let a journal grow without bound.
func TestJournalIsBounded(t *testing.T) {
	s := open(t, t.TempDir())
	name := stem(groupOf(example), keyPart(example.Key))
	p, largest, shrunk := changes(t, 0)[0], int64(0), 0
	text := rr("t.example.org.", dns.TypeTXT, append([]byte{255}, make([]byte, 255)...)...)
	var deleted, added []zone.RR
	for i := range uint32(800) {
		if deleted, added = added, nil; i%2 == 0 {
			added = []zone.RR{text}
		}
		p = next(t, p, i, deleted, added)
		p.Deltas = p.Deltas[max(len(p.Deltas)-5, 0):]
		before := size(t, s.dir, name+journalSuffix)
		save(t, s, example, state(p, int(i)))
		now := size(t, s.dir, name+journalSuffix)
		if largest = max(largest, now); now < before {
			shrunk++
		}
	}
	if largest > leastSince+10_000 || shrunk < 2 || shrunk > 10 {
		t.Errorf("the journal became %d octets long, and shrank %d times", largest, shrunk)
	}
	want(t, s, example, state(p, 799))
	save(t, s, example, state(p, 1)) // begins the leases
	largest = size(t, s.dir, name+journalSuffix)
	for i := range 500 {
		save(t, s, example, state(p, i))
		if now := size(t, s.dir, name+journalSuffix); now > largest+mostLeases+200 {
			t.Fatalf("leases take %d octets", now-largest)
		}
		want(t, s, example, state(p, i))
	}
	s = reopened(t, s)
	save(t, s, example, state(p, 7))
	want(t, reopened(t, s), example, state(p, 7))
}

// A file of a format we do not know is refused with a reason, stays as it is, and gives way to a new transfer.
func TestUnknownFormatIsLeftAlone(t *testing.T) {
	s := open(t, t.TempDir())
	st := state(changes(t, 2)[2], 1)
	save(t, s, example, st)
	path := filepath.Join(s.dir, stem(groupOf(example), keyPart(example.Key))+snapshotSuffix)
	octets, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	octets[preambleLen-1]++
	os.WriteFile(path, octets, 0o600)
	s = reopened(t, s)
	if _, _, err = s.Load(example); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), fmt.Sprint("version ", formatVersion+1)) {
		t.Errorf("load: %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(octets) {
		t.Error("the file was changed")
	}
	save(t, s, example, st)
	want(t, reopened(t, s), example, st)
}

func TestTimesOfAnyAgeSurvive(t *testing.T) {
	s := open(t, t.TempDir())
	st := State{Published: changes(t, 0)[0]}
	for _, at := range []time.Time{{}, time.Unix(0, 0), time.Now(), time.Date(9999, 1, 1, 0, 0, 0, 1, time.UTC)} {
		st.Refreshed, st.Expire = at, at.Add(time.Hour)
		save(t, s, example, st)
		s = reopened(t, s)
		want(t, s, example, st)
	}
	if got, _, _ := s.Load(example); got.Source.IsValid() || fmt.Sprint(got.Pin) != fmt.Sprint(st.Pin) {
		t.Error("an unknown address became known")
	}
}
