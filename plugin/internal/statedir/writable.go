// Package statedir looks after directories that are to keep state.
package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrLocked says that another process, or somebody else in this one, uses the directory.
var ErrLocked = errors.New("directory is in use by another process")

// Writable says whether files can be made in a directory, or, when it is not there yet, whether it can be
// made. It changes nothing.
func Writable(dir string) error {
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist) && at != filepath.Dir(at):
			continue
		case err != nil:
			return err
		case !info.IsDir():
			return fmt.Errorf("%s is not a directory", at)
		}
		if err := mayWrite(at); err != nil {
			return fmt.Errorf("%s is not writable: %w", at, err)
		}
		return nil
	}
}
