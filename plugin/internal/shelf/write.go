package shelf

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// Aside is how files are called that are being written; who begins with a directory may remove them.
const Aside = ".aside-*"

// Write keeps a version in a file. The Delta leads to it; without one, or with one that is Partial, the whole version is
// written. Of the Label, Zone, Time and Primary are the caller's.
func Write(path string, l Label, v *zone.Version, d *zone.Delta) error {
	l.Serial, l.Hash, l.Records = v.Serial(), Hash(v.SetHash()), v.Records()
	if l.Whole = d == nil || d.Partial; d != nil {
		l.Base, l.BaseHash = d.From.Serial, Hash(d.From.Hash)
	}
	f, err := os.CreateTemp(filepath.Dir(path), Aside)
	if err != nil {
		return err
	}
	w := newWriter(f)
	w.label(l)
	if l.Whole {
		v.Walk(func(rr zone.RR) bool {
			w.record(tagAdded, rr)
			return w.err == nil
		})
	} else {
		w.records(tagDeleted, d.From.Record)
		w.records(tagDeleted, d.Deleted)
		w.records(tagAdded, d.To.Record)
		w.records(tagAdded, d.Added)
	}
	if err := errors.Join(w.end(), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Reversed is the difference the other way.
func Reversed(d *zone.Delta) *zone.Delta {
	return &zone.Delta{
		From: d.To, To: d.From, Deleted: d.Added, Added: d.Deleted,
		Deletions: d.Additions, Additions: d.Deletions, Partial: d.Partial,
	}
}

// A writer remembers the first error.
type writer struct {
	out   *bufio.Writer
	sum   hash.Hash
	tag   byte
	frame []byte
	err   error
}

func newWriter(f io.Writer) *writer {
	w := &writer{sum: sha256.New()}
	w.out = bufio.NewWriterSize(io.MultiWriter(f, w.sum), 64<<10)
	return w
}

func (w *writer) write(b []byte) {
	if w.err == nil {
		_, w.err = w.out.Write(b)
	}
}

func (w *writer) label(l Label) {
	text, err := json.Marshal(l)
	if err != nil {
		w.err = err
		return
	}
	w.write(binary.BigEndian.AppendUint32([]byte(magic), uint32(len(text))))
	w.write(text)
}

// records writes records that lie back to back.
func (w *writer) records(tag byte, wire []byte) {
	for rr, err := range zone.Records(wire) {
		if err != nil {
			w.err = errors.Join(w.err, err)
			return
		}
		w.record(tag, rr)
	}
}

func (w *writer) record(tag byte, rr zone.RR) {
	if tag != w.tag || len(w.frame) > frameRoom {
		w.flush()
		w.tag = tag
	}
	w.frame = rr.AppendWire(w.frame)
}

func (w *writer) flush() {
	if len(w.frame) == 0 {
		return
	}
	w.write(binary.BigEndian.AppendUint32([]byte{w.tag}, uint32(len(w.frame))))
	w.write(w.frame)
	w.frame = w.frame[:0]
}

func (w *writer) end() error {
	w.flush()
	w.write([]byte{tagEnd})
	if w.err != nil {
		return w.err
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	w.write(w.sum.Sum(nil))
	if w.err != nil {
		return w.err
	}
	return w.out.Flush()
}
