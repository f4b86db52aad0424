//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package statedir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Lock locks a file as long as it is open; the kernel unlocks it when the process ends, however it ends. It is made if need
// be. Errors: ErrLocked, and those of the file system.
func Lock(path string) (*os.File, error) {
	// Not for writing: the file system can be made read-only then, as an operator may have to.
	f, err := lockOpened(path, os.O_RDONLY)
	if errors.Is(err, syscall.EBADF) {
		f, err = lockOpened(path, os.O_RDWR) // NFS locks no other files, see flock(2)
	}
	return f, err
}

func lockOpened(path string, mode int) (*os.File, error) {
	f, err := os.OpenFile(path, mode|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%s: %w", filepath.Dir(path), ErrLocked)
	}
	return nil, &os.PathError{Op: "flock", Path: path, Err: err}
}
