package secondaryplus

import (
	"strconv"
	"strings"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// journal parses: journal SIZE|off [ratio PERCENT].
func (s *stanza) journal() error {
	args := s.RemainingArgs()
	if len(args) != 1 && (len(args) != 3 || args[1] != "ratio") {
		return s.Err("it is given as 'journal SIZE|off [ratio PERCENT]'")
	}
	if len(args) == 3 {
		percent, err := strconv.Atoi(strings.TrimSuffix(args[2], "%"))
		if err != nil || percent < 1 || percent > 100 {
			return s.Errf("a ratio is a percentage from 1 to 100, not '%s'", args[2])
		}
		s.config.ratio = percent
	}
	if args[0] == "off" {
		s.config.room = zone.Room{Off: true}
		return nil
	}
	octets, err := s.octets(args[0])
	if err != nil {
		return err
	}
	s.config.room = zone.Room{Octets: int(min(octets, 1<<31-1))} // an int may have 32 bits
	return nil
}
