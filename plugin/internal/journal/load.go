package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Recovery says what Load could not use of a zone's journal.
type Recovery struct {
	Reason error         // nil: nothing is lost
	Octets int64         // of the journal that were not used
	Serial serial.Serial // the last one that was wholly written
}

// Load reads the zone's last state that was wholly written. A zone without files of its own is loaded from those of
// the one zone that has its name and view, when no zone of that key was loaded or saved: only the key of its server
// block changed. Errors: ErrNone, ErrDamaged, ErrFormat, and those of the file system; the files are left as they are.
func (s *Store) Load(id ID) (State, Recovery, error) {
	g := groupOf(id)
	f, from := s.choose(id, g)
	if f == nil {
		return State{}, Recovery{}, ErrNone
	}
	name := stem(g, from.key)
	snap, err := readSnapshot(filepath.Join(s.dir, name+snapshotSuffix), &s.keys)
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, Recovery{}, ErrNone
	}
	if err != nil {
		return State{}, Recovery{}, fmt.Errorf("%s%s: %w", name, snapshotSuffix, err)
	}
	if have := snap.header.id; have.Zone != id.Zone || have.View != id.View || have.Key != id.Key && keyPart(have.Key) != from.key {
		return State{}, Recovery{}, fmt.Errorf("%s%s: %w: it holds zone %s, view %q, of %q",
			name, snapshotSuffix, ErrDamaged, have.Zone, have.View, have.Key)
	}
	var h history
	if from.journaled {
		h = readHistory(filepath.Join(s.dir, name+journalSuffix), snap.header)
	}
	p := replay(snap, h)
	if f == from {
		f.extent = p.extent(snap)
	}
	st := p.state()
	recovery := Recovery{Serial: st.Version.Serial()}
	if p.loss != nil {
		recovery.Reason = fmt.Errorf("%s%s: %w", name, journalSuffix, p.loss)
		recovery.Octets = p.size - p.end
	}
	return st, recovery, nil
}
