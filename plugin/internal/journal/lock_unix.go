//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import "os"

func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
