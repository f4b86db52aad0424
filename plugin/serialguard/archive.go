package serialguard

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/understudy-dns/understudy/plugin/internal/shelf"
	"github.com/understudy-dns/understudy/plugin/internal/statedir"
)

// An archive is a state directory: versions that are held, and those that were served before. What is to be written is
// written in a goroutine of its own, for as long as there is something, in the order in which it came.
//
// The files of a zone are named as those of secondaryplus are, and end in .held, .rollback, and .1.was, .2.was… of which
// the first was served last.
type archive struct {
	dir  string
	lock *os.File // while there are gates

	mu      sync.Mutex
	jobs    []job
	running bool
	idle    *sync.Cond
	earlier map[string][]shelf.Label // by the stem of the names of files, the latest first
}

// A job changes files; what it is about is for the log.
type job struct {
	about string
	do    func() error
}

// mostJobs bounds what waits for a disk that is slow: versions are kept in memory for it.
const mostJobs = 10_000

var errBehind = errors.New("the disk is too far behind")

// openArchive makes the directory, if need be, and locks it: one in which secondaryplus keeps zones has a lock of that one's.
func openArchive(dir string) (*archive, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	lock, err := statedir.Lock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, err
	}
	// What was being written when a process died.
	if left, err := filepath.Glob(filepath.Join(dir, shelf.Aside)); err == nil {
		for _, path := range left {
			_ = os.Remove(path) // at worst it takes room
		}
	}
	a := &archive{dir: dir, lock: lock, earlier: make(map[string][]shelf.Label)}
	a.idle = sync.NewCond(&a.mu)
	return a, nil
}

// lockName is the file by which the directory is locked.
const lockName = "serialguard.lock"

// close unlocks the directory. All must be written.
func (a *archive) close() { a.lock.Close() }

func (a *archive) path(stem, suffix string) string { return filepath.Join(a.dir, stem+suffix) }

const (
	heldSuffix     = ".held"
	rollbackSuffix = ".rollback"
	acceptSuffix   = ".accept"
)

func wasSuffix(n int) string { return fmt.Sprintf(".%d.was", n) }

// later has a job done.
func (a *archive) later(about string, do func() error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.jobs) >= mostJobs {
		failed(about, errBehind)
		return
	}
	a.begin(job{about, do})
}

// queue is later for a job that needs no memory: there may be any number of them.
func (a *archive) queue(j job) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begin(j)
}

// begin has a job done; a.mu is held.
func (a *archive) begin(j job) {
	a.jobs = append(a.jobs, j)
	if !a.running {
		a.running = true
		go a.run()
	}
}

// run does jobs until there are none. settle waits for that.
func (a *archive) run() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.jobs) > 0 {
		j := a.jobs[0]
		a.jobs = a.jobs[1:]
		a.mu.Unlock()
		if err := j.do(); err != nil {
			failed(j.about, err)
		}
		a.mu.Lock()
	}
	a.jobs, a.running = nil, false
	a.idle.Broadcast()
}

// settle waits until all is written.
func (a *archive) settle() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.running {
		a.idle.Wait()
	}
}

func failed(about string, err error) {
	stateErrors.Inc()
	log.Errorf("%s: %v", about, err)
}

// remove takes a file away, if it is there.
func (a *archive) remove(stem, suffix string) error {
	if err := os.Remove(a.path(stem, suffix)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// versions are those that were served before, the latest first.
func (a *archive) versions(stem string) []shelf.Label {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.read(stem))
}

// read looks at the files once; a.mu is held.
func (a *archive) read(stem string) []shelf.Label {
	list, known := a.earlier[stem]
	if known {
		return list
	}
	for n := 1; n <= mostHistory; n++ {
		l, err := shelf.Describe(a.path(stem, wasSuffix(n)))
		if err != nil {
			break
		}
		list = append(list, l)
	}
	a.earlier[stem] = list
	return list
}

// push puts a version before the others, of which so many stay that there are most in all. write makes its file. When
// that fails, because the disk is full, the others are as they were.
func (a *archive) push(stem string, most int, write func(path string) error) error {
	if err := write(a.path(stem, wasSuffix(0))); err != nil {
		return err
	}
	if err := a.trim(stem, most-1); err != nil {
		return err
	}
	defer a.forget(stem)
	for n := len(a.versions(stem)); n >= 0; n-- {
		if err := os.Rename(a.path(stem, wasSuffix(n)), a.path(stem, wasSuffix(n+1))); err != nil {
			return err
		}
	}
	return nil
}

// erase removes all that is kept of a zone.
func (a *archive) erase(stem string) error {
	err := errors.Join(a.remove(stem, heldSuffix), a.remove(stem, rollbackSuffix))
	for n := range mostHistory + 1 {
		err = errors.Join(err, a.remove(stem, wasSuffix(n)))
	}
	a.forget(stem)
	return err
}

// forget has the files looked at again.
func (a *archive) forget(stem string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.earlier, stem)
}

// trim removes the oldest versions, until there are no more than most.
func (a *archive) trim(stem string, most int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.read(stem)
	for len(list) > most {
		if err := a.remove(stem, wasSuffix(len(list))); err != nil {
			return err
		}
		list = list[:len(list)-1]
	}
	a.earlier[stem] = list
	return nil
}
