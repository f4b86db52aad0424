package secondaryplus

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
	"github.com/understudy-dns/understudy/plugin/internal/zonefile"
)

// readFallbacks reads the files of last resort, which may lie below root. It is called before the instance is
// attached: a file that is no zone keeps the instance from starting.
func (p *Plugin) readFallbacks(root string) error {
	for _, s := range p.order {
		file := s.config.fallback
		if file.path == "" {
			continue
		}
		path := file.path
		if !filepath.IsAbs(path) {
			path = filepath.Join(root, path)
		}
		v, err := readZone(path, s.apex)
		if err != nil {
			return fmt.Errorf("%s - fallback of %s: %w", file.where, s.name, err)
		}
		s.resort.fallback = v
	}
	return nil
}

func readZone(path string, apex owner.Name) (*zone.Version, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	v, err := zonefile.Read(f, path, apex)
	if err != nil {
		return nil, err
	}
	if err := (guard.Rules{ZONEMD: guard.Off}).Judge(guard.Candidate{Version: v}); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}
