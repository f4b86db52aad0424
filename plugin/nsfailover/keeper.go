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
)

// A keeper keeps the health of all targets, and what operators have ordered, in a file over a restart.
type keeper struct {
	path   string
	prober *prober.Prober
	end    chan struct{}
	ended  sync.WaitGroup
	saved  []byte
	failed bool
}

// keepEach is how often it is written, if something has changed.
const keepEach = 5 * time.Second

// openKeeper restores what was kept, and begins to keep it. What cannot be read is told, and is no reason not to start.
func openKeeper(dir string, p *prober.Prober) (*keeper, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	k := &keeper{path: filepath.Join(dir, "health.json"), prober: p, end: make(chan struct{})}
	text, err := os.ReadFile(k.path)
	if err == nil {
		err = p.Restore(text)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warningf("%s: the health of before is not known: %v", k.path, err)
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

// close keeps what is known at the end, and waits for that.
func (k *keeper) close() {
	close(k.end)
	k.ended.Wait()
}

func (k *keeper) keep() {
	text := k.prober.Save()
	if bytes.Equal(text, k.saved) {
		return
	}
	err := os.WriteFile(k.path+".new", text, 0o640)
	if err == nil {
		err = os.Rename(k.path+".new", k.path)
	}
	switch {
	case err == nil:
		k.saved, k.failed = text, false
	case !k.failed:
		k.failed = true
		log.Errorf("health cannot be kept: %v", err)
	}
}
