package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncAll makes files of a directory durable, with whatever else is not durable on its file system. The directory is
// opened by those who wait for files that they have made before: if a file system was mounted over it meanwhile, those
// files get no names in it.
func syncAll(dir string, files []*os.File) error {
	if len(files) == 1 {
		return files[0].Sync()
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		return &os.PathError{Op: "syncfs", Path: dir, Err: err}
	}
	var errs error
	for _, f := range files {
		errs = errors.Join(errs, written(f))
	}
	return errs
}

// written says whether what was written to f could not be brought to the disk: Linux before 5.8 does not tell by syncfs,
// and later ones tell of other files' errors too, and of each once.
func written(f *os.File) error {
	if err := unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WAIT_BEFORE); err != nil {
		return &os.PathError{Op: "sync_file_range", Path: f.Name(), Err: err}
	}
	return nil
}
