package journal

import (
	"errors"
	"iter"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/breather"
)

// An aside is a file that is written under another name and takes its own when it is whole. It needs a small
// buffer, whatever it writes, and it syncs now and then, so that other writers need not wait for all of it.
type aside struct {
	disk     disk
	name     string
	file     file
	buf      []byte
	at       int64 // octets written
	unsynced int
	pace     *pace
	begun    time.Time     // when the first of the octets was written that are not synced yet
	slots    chan struct{} // of large files
	large    bool          // it has one
	breather breather.Breather
}

const (
	writeBuffer = 64 << 10
	pageFrame   = 48 << 10 // octets of pages to a frame
	syncEvery   = 8 << 20
	// largeAtOnce are how many files that do not fit into a buffer are written at a time.
	largeAtOnce = 4
)

func (s *Store) aside(name, magic string) (*aside, error) {
	f, err := s.disk.create(name + asideSuffix)
	if err != nil {
		return nil, err
	}
	return &aside{disk: s.disk, name: name, file: f, buf: appendPreamble(nil, magic), pace: &s.pace, slots: s.large}, nil
}

// size is how long the file is so far.
func (a *aside) size() int64 { return a.at + int64(len(a.buf)) }

func (a *aside) frame(k kind, encode func(dst []byte) []byte) error {
	buf, start := beginFrame(a.buf, k)
	return a.finish(encode(buf), start)
}

// pages writes pages, each behind its length, several to a frame.
func (a *aside) pages(k kind, pages iter.Seq[[]byte]) error {
	start := -1
	for p := range pages {
		if start >= 0 && len(a.buf)-start+len(p) > pageFrame {
			if err := a.finish(a.buf, start); err != nil {
				return err
			}
			start = -1
		}
		if start < 0 {
			a.buf, start = beginFrame(a.buf, k)
		}
		a.buf = appendCounted(a.buf, p)
		a.breather.Did(2)
	}
	if start < 0 {
		return nil
	}
	return a.finish(a.buf, start)
}

func (a *aside) finish(buf []byte, start int) (err error) {
	if a.buf, err = endFrame(buf, start); err != nil || len(a.buf) < writeBuffer {
		return err
	}
	if !a.large {
		a.slots <- struct{}{}
		a.large = true
	}
	return a.flush()
}

func (a *aside) flush() error {
	if a.unsynced == 0 {
		a.begun = time.Now()
	}
	if _, err := a.file.WriteAt(a.buf, a.at); err != nil {
		return err
	}
	a.at += int64(len(a.buf))
	a.unsynced += len(a.buf)
	a.buf = a.buf[:0]
	if a.unsynced < syncEvery {
		return nil
	}
	a.unsynced = 0
	if err := a.file.SyncAlone(); err != nil {
		return err
	}
	a.pace.rest(time.Since(a.begun))
	return nil
}

// complete makes all that was written durable under the aside name.
func (a *aside) complete() error {
	if err := a.flush(); err != nil {
		return err
	}
	sync := a.file.Sync
	if a.large {
		sync = a.file.SyncAlone
	}
	if err := sync(); err != nil {
		return err
	}
	a.leave()
	return a.file.Close()
}

// leave lets another large file be written.
func (a *aside) leave() {
	if a.large {
		<-a.slots
		a.large = false
	}
}

// publish gives the complete file its name, durably.
func (a *aside) publish() error {
	if err := a.disk.rename(a.name+asideSuffix, a.name); err != nil {
		return err
	}
	return a.disk.syncDir()
}

// drop removes what was written, and says why.
func (a *aside) drop(why error) error {
	a.leave()
	_ = a.file.Close() // it may be closed already, and goes anyway
	return errors.Join(why, a.disk.remove(a.name+asideSuffix))
}
