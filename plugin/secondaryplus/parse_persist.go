package secondaryplus

import (
	"path/filepath"

	"github.com/understudy-dns/understudy/plugin/internal/statedir"
)

// persist parses: persist DIR. The directory is opened when the server starts; whether it can be, as far as
// that can be told without touching it, is checked here, so that a reload with a bad one changes nothing.
func (s *stanza) persist() error {
	dir, err := s.one()
	if err != nil {
		return err
	}
	if s.config.persist != "" {
		return s.Errf("a second 'persist': the first one is '%s'", s.config.persist)
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(s.root, dir)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return s.Errf("persist: %v", err)
	}
	if err := statedir.Writable(dir); err != nil {
		return s.Errf("persist: %v", err)
	}
	s.config.persist = dir
	return nil
}
