package secondaryplus

import (
	"fmt"
	"math"
	"time"
)

// forever is longer than any zone is stale.
const forever = time.Duration(math.MaxInt64)

// defaultStaleTTL is what RFC 8767 §4 recommends for stale records.
const defaultStaleTTL = 30

// maxTTL is the highest TTL in seconds (RFC 2181 §8).
const maxTTL = 1<<31 - 1

// fallbackFile is a zone file of last resort, and where the Corefile names it.
type fallbackFile struct{ path, where string }

// stale parses: stale off|DURATION|forever [ttl DURATION].
func (s *stanza) stale() error {
	if s.staleGiven {
		return s.Err("a second 'stale'")
	}
	s.staleGiven = true
	args := s.RemainingArgs()
	if len(args) != 1 && (len(args) != 3 || args[1] != "ttl") {
		return s.Err("stale is given as 'stale off|DURATION|forever [ttl DURATION]'")
	}
	switch args[0] {
	case "off":
		s.config.stale = 0
	case "forever":
		s.config.stale = forever
	default:
		d, err := s.duration(args[0])
		if err != nil {
			return err
		}
		s.config.stale = d
	}
	if len(args) == 1 {
		return nil
	}
	d, err := s.duration(args[2])
	if err != nil {
		return err
	}
	if d%time.Second != 0 || d > maxTTL*time.Second {
		return s.Errf("a TTL is whole seconds, at most %d: '%s'", maxTTL, args[2])
	}
	s.config.staleTTL = uint32(d / time.Second)
	return nil
}

// fallback parses: fallback FILE.
func (s *stanza) fallback() error {
	path, err := s.one()
	if err != nil || path == "" {
		return s.Err("fallback is given as 'fallback FILE'")
	}
	if s.config.fallback.path != "" {
		return s.Err("a second 'fallback'")
	}
	if n := len(s.config.zones); n != 1 {
		return s.Errf("a fallback file is that of one zone, and the stanza has %d", n)
	}
	s.config.fallback = fallbackFile{path, fmt.Sprintf("%s:%d", s.File(), s.Line())}
	return nil
}
