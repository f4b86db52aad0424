//go:build !linux

package journal

import (
	"errors"
	"os"
)

// syncAll makes files of a directory durable.
func syncAll(_ string, files []*os.File) error {
	var errs error
	for _, f := range files {
		errs = errors.Join(errs, f.Sync())
	}
	return errs
}
