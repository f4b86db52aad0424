package serialguard

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/shelf"
)

// now is the gate that counts for a zone: a refresh that was under way in a reload asks the one from before it.
func (g *gate) now(z *refresh.Zone) *gate {
	if is := gateOf(z); is != nil {
		return is
	}
	return g
}

// Move implements refresh.Mover. The key of the server block may be another one now, and with it the names of the zone's
// files and the labels of its alerts.
func (g *gate) Move(z *refresh.Zone, c *refresh.Config) (moved func()) {
	to, ok := c.Gate.(*gate)
	if !ok {
		return func() {}
	}
	g.moveFiles(z, to, c)
	return func() {
		if to.server != g.server {
			g.silence(z) // they fire anew when the zone is looked at
		}
	}
}

// silence ends the alerts of a zone, and what metrics say of it.
func (g *gate) silence(z *refresh.Zone) {
	for _, name := range []string{alertHeld, alertDisagree, alertReleased} {
		alerts.Resolve(name, g.labels(z))
	}
	agreeing.DeleteLabelValues(z.Name(), g.server)
}

func (g *gate) moveFiles(z *refresh.Zone, to *gate, c *refresh.Config) {
	was, is := of(g.stanzas, z.Apex()), of(to.stanzas, z.Apex())
	if was == nil || is == nil {
		return
	}
	dir, next := was.dir(z.Config()), is.dir(c)
	if dir == "" || next == "" || dir == next && g.stem(z) == to.stem(z) {
		return
	}
	a, err := process.open(dir)
	b, failure := process.open(next)
	if err := errors.Join(err, failure); err != nil {
		failed(z.Name()+": what is kept of it cannot be moved", err)
		return
	}
	a.move(z.Name()+": what is kept of it cannot be moved", g.stem(z), b, to.stem(z))
}

// move has files go to another stem, which may be in another archive: that one waits for it with what comes after. Moves
// are ordered one at a time, so that of two archives which wait for each other one has less to wait for.
func (a *archive) move(about, stem string, b *archive, next string) {
	done := make(chan struct{})
	a.queue(job{about, func() error {
		defer close(done)
		return a.carry(stem, b, next)
	}})
	if a != b {
		b.queue(job{about, func() error { <-done; return nil }})
	}
}

// carry moves all files of a zone, first those without which a bad version would be published.
func (a *archive) carry(stem string, b *archive, next string) error {
	defer a.forget(stem)
	defer b.forget(next)
	_, err := carry(a.path(stem, rollbackSuffix), b.path(next, rollbackSuffix))
	_, also := carry(a.path(stem, heldSuffix), b.path(next, heldSuffix))
	err = errors.Join(err, also)
	for n := range mostHistory + 1 {
		there, failure := carry(a.path(stem, wasSuffix(n)), b.path(next, wasSuffix(n)))
		err = errors.Join(err, failure)
		if !there && n > 0 {
			break
		}
	}
	return err
}

// carry moves a file, if it is there.
func carry(from, to string) (there bool, err error) {
	err = os.Rename(from, to)
	if errors.Is(err, syscall.EXDEV) {
		if err = copyFile(from, to); err == nil {
			err = os.Remove(from)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return true, err
}

// copyFile is for another file system.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), shelf.Aside)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.Sync(), out.Close())
	if err == nil {
		err = os.Rename(out.Name(), to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(out.Name()))
	}
	return nil
}
