package journal

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/statedir"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// What a Store says.
var (
	// ErrNone: nothing is saved under the name.
	ErrNone = errors.New("nothing is saved")
	// ErrLocked: another process, or another Store, uses the directory.
	ErrLocked = statedir.ErrLocked
	// ErrDamaged: a file is not what was written.
	ErrDamaged = errors.New("saved zone is damaged")
	// ErrFormat: a file has a format that this release does not know.
	ErrFormat = errors.New("saved zone has an unknown format")
)

// ID names a zone: the same zone may be served in several views and server blocks.
type ID struct {
	Zone string // lower-case presentation form with the final dot
	View string
	Key  string // of the server block
}

// State is what of a zone is kept on disk. Its times are wall time.
type State struct {
	zone.Published
	Refreshed, Expire time.Time
	Source, Pin       netip.AddrPort // the zero AddrPort: not known
	Tag               string         // means nothing to the journal
	HeldSince         time.Time      // since when something is kept back; zero: nothing is
	HeldStill         time.Time      // since when that is what it is
	HeldHash          zone.SetHash   // of that
}

// Store is a directory with saved zones. Its methods may be called concurrently for different zones, and by one
// goroutine at a time for the same zone.
type Store struct {
	dir  string
	disk disk
	lock *os.File

	keys  sharedKey // of those that were loaded
	pace  pace
	large chan struct{} // a place for each large file that is being written

	mu    sync.Mutex
	files map[group][]*files
}

// A group is all files of one zone in one view.
type group string

// files is what is known of the files of one zone.
type files struct {
	key   string // the part of the names that stands for the server block's key
	owned bool   // they were loaded or saved by the zone whose they are
	// journaled: there may be a journal. Where it is not, none was in the directory when it was opened, and nothing has
	// been saved since.
	journaled bool
	// adopted are the files that the zone was loaded from because it had none of its own.
	adopted *files
	extent
}

// Open makes the directory if there is none, and locks it. Errors: ErrLocked, and those of the file system.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := statedir.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	s := newStore(dir, newRealDisk(dir))
	s.lock = lock
	if err := s.list(); err != nil {
		lock.Close()
		return nil, err
	}
	return s, nil
}

func newStore(dir string, d disk) *Store {
	return &Store{dir: dir, disk: d, large: make(chan struct{}, largeAtOnce), files: map[group][]*files{}}
}

// list notes which zones have files, and removes what a crash left half written.
func (s *Store) list() error {
	names, err := namesIn(s.dir)
	if err != nil {
		return err
	}
	var journals []string
	for _, name := range names {
		if halfWritten(name) {
			if err := s.disk.remove(name); err != nil {
				return err
			}
		}
		if stem, ok := strings.CutSuffix(name, snapshotSuffix); ok {
			if g, key, ok := splitStem(stem); ok {
				s.files[g] = append(s.files[g], &files{key: key})
			}
		} else if stem, ok := strings.CutSuffix(name, journalSuffix); ok {
			journals = append(journals, stem)
		}
	}
	for _, stem := range journals {
		g, key, _ := splitStem(stem)
		for _, f := range s.files[g] {
			f.journaled = f.journaled || f.key == key
		}
	}
	return nil
}

// namesIn are the names in a directory in no order.
func namesIn(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// remake makes and locks the directory again when somebody has removed it, and says whether that was so. Files that
// are missed later are written anew, each when its zone is saved.
func (s *Store) remake() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ours, err := s.lock.Stat(); err == nil {
		if there, err := os.Stat(s.lock.Name()); err == nil && os.SameFile(ours, there) {
			return false
		}
	}
	if os.MkdirAll(s.dir, 0o700) != nil {
		return false
	}
	lock, err := statedir.Lock(s.lock.Name())
	if err != nil {
		return false // another process was quicker
	}
	s.lock.Close()
	s.lock = lock
	return true
}

// Close unlocks the directory. Nothing else may be running, and nothing may be called afterwards.
func (s *Store) Close() error { return s.lock.Close() }

// Remove deletes the zone's files.
func (s *Store) Remove(id ID) error {
	s.mu.Lock()
	f := s.find(id)
	if f == nil {
		s.mu.Unlock()
		return nil
	}
	f.owned = false
	err := errors.Join(s.discard(groupOf(id), f), s.discard(groupOf(id), f.adopted))
	s.mu.Unlock()
	return errors.Join(err, s.disk.syncDir())
}

// discard deletes files and forgets them, unless they are in use by the zone whose they are. s.mu is held.
func (s *Store) discard(g group, f *files) error {
	if f == nil || f.owned {
		return nil
	}
	// Without its snapshot a journal means nothing, so a crash in between removes the zone as well.
	for _, suffix := range []string{snapshotSuffix, journalSuffix} {
		if err := s.disk.remove(stem(g, f.key) + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	s.forget(g, f)
	return nil
}

func (s *Store) forget(g group, f *files) {
	var left []*files
	for _, other := range s.files[g] {
		if other != f {
			left = append(left, other)
		}
	}
	if s.files[g] = left; left == nil {
		delete(s.files, g)
	}
}

// find is what is known of the zone's own files, or nil. s.mu is held.
func (s *Store) find(id ID) *files {
	key := keyPart(id.Key)
	for _, f := range s.files[groupOf(id)] {
		if f.key == key {
			return f
		}
	}
	return nil
}

// claim is what is known of the zone's own files, from now on in use by it.
func (s *Store) claim(id ID) *files {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.find(id)
	if f == nil {
		f = &files{key: keyPart(id.Key)}
		s.files[groupOf(id)] = append(s.files[groupOf(id)], f)
	}
	f.owned, f.journaled = true, true
	return f
}

// Reserve keeps the zone's files, if there are any, from being taken for those of another one of its name and view:
// the zone is going to be loaded or saved.
func (s *Store) Reserve(id ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.find(id); f != nil {
		f.owned = true
	}
}

// choose finds the files to load a zone from: its own, or else those of the one zone of that name and view, when
// nobody else uses them. f is what is known of its own files, from is where to read.
func (s *Store) choose(id ID, g group) (f, from *files) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f = s.find(id); f != nil {
		f.owned = true
		if f.adopted != nil && !f.known {
			return f, f.adopted // it was loaded before, and has not been saved since
		}
		return f, f
	}
	others := s.files[g]
	if len(others) != 1 || others[0].owned {
		return nil, nil
	}
	f = &files{key: keyPart(id.Key), owned: true, adopted: others[0]}
	s.files[g] = append(others, f)
	return f, others[0]
}
