//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package statedir

import "os"

// Lock locks nothing where there is no flock.
func Lock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}
