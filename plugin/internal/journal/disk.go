package journal

import (
	"os"
	"path/filepath"
)

// disk is all that writes, by names within the directory.
type disk interface {
	create(name string) (file, error) // new or emptied
	open(name string) (file, error)   // an existing one
	rename(from, to string) error
	remove(name string) error
	syncDir() error
}

// file is a file being written.
type file interface {
	WriteAt(data []byte, off int64) (int, error)
	Truncate(size int64) error
	Sync() error
	SyncAlone() error
	Close() error
	size() (int64, error)
}

type realDisk struct {
	dir    string
	synced *sharedSync
	files  *together
}

func newRealDisk(dir string) realDisk {
	return realDisk{
		dir, newSharedSync(func() error { return syncDirectory(dir) }),
		newTogether(func(files []*os.File) error { return syncAll(dir, files) }),
	}
}

func (d realDisk) path(name string) string { return filepath.Join(d.dir, name) }

func (d realDisk) create(name string) (file, error) {
	return d.openFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
}

func (d realDisk) open(name string) (file, error) { return d.openFile(name, os.O_WRONLY) }

func (d realDisk) openFile(name string, flags int) (file, error) {
	f, err := os.OpenFile(d.path(name), flags, 0o600)
	if err != nil {
		return nil, err
	}
	return realFile{f, d.files}, nil
}

func (d realDisk) rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d realDisk) remove(name string) error { return os.Remove(d.path(name)) }

func (d realDisk) syncDir() error { return d.synced.wait() }

type realFile struct {
	*os.File
	together *together
}

// Sync is for little that is not synced yet; SyncAlone for much, which others are not to wait for.
func (f realFile) Sync() error { return f.together.sync(f.File) }

func (f realFile) SyncAlone() error { return f.File.Sync() }

func (f realFile) size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
