package nsfailover

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/prober"
	"github.com/understudy-dns/understudy/plugin/internal/statedir"
)

// A keeper keeps in files, over a restart, the health of all targets with what operators have ordered, and when which
// serial of a zone was seen first.
type keeper struct {
	dir   string
	lock  *os.File
	files []*keptFile
	end   chan struct{}
	ended sync.WaitGroup
}

// keptFile is a file that is written anew when something has changed.
type keptFile struct {
	path, what string
	save       func() []byte
	restore    func([]byte) error
	saved      []byte
	failed     bool
}

// keepEach is how often they are written, if something has changed.
const keepEach = 5 * time.Second

// openKeeper locks a directory, restores what was kept there if that is wanted, and begins to keep it. What cannot be read is told, and is no reason not to start.
func openKeeper(dir string, p *prober.Prober, w *watches, restore bool) (*keeper, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	lock, err := statedir.Lock(filepath.Join(dir, "nsfailover.lock"))
	if err != nil {
		return nil, err
	}
	k := &keeper{
		dir: dir, lock: lock,
		files: []*keptFile{
			{path: filepath.Join(dir, "health.json"), what: "health", save: p.Save, restore: p.Restore},
			{path: filepath.Join(dir, "nameservers.json"), what: "the history of serials", save: w.save, restore: w.restore},
		},
		end: make(chan struct{}),
	}
	if restore {
		for _, f := range k.files {
			f.read()
		}
	}
	k.ended.Go(k.run)
	return k, nil
}

func (k *keeper) run() {
	tick := time.NewTicker(keepEach)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			k.keep()
		case <-k.end:
			k.keep()
			return
		}
	}
}

// close keeps what is known at the end, waits for that, and unlocks the directory.
func (k *keeper) close() {
	close(k.end)
	k.ended.Wait()
	k.lock.Close()
}

func (k *keeper) keep() {
	for _, f := range k.files {
		f.keep()
	}
}

func (f *keptFile) read() {
	text, err := os.ReadFile(f.path)
	if err == nil {
		err = f.restore(text)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warningf("%s: %s of before is not known: %v", f.path, f.what, err)
	}
}

func (f *keptFile) keep() {
	text := f.save()
	if bytes.Equal(text, f.saved) {
		return
	}
	err := os.WriteFile(f.path+".new", text, 0o640)
	if err == nil {
		err = os.Rename(f.path+".new", f.path)
	}
	switch {
	case err == nil:
		f.saved, f.failed = text, false
	case !f.failed:
		f.failed = true
		log.Errorf("%s cannot be kept: %v", f.what, err)
	}
}
