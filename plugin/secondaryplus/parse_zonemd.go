package secondaryplus

import "github.com/understudy-dns/understudy/plugin/internal/guard"

// zonemd parses: zonemd off|verify|require.
func (s *stanza) zonemd() error {
	if s.zonemdGiven {
		return s.Err("a second 'zonemd'")
	}
	s.zonemdGiven = true
	arg, err := s.one()
	if err != nil {
		return err
	}
	mode, ok := map[string]guard.Mode{"off": guard.Off, "verify": guard.Verify, "require": guard.Require}[arg]
	if !ok {
		return s.Errf("zonemd is 'off', 'verify' or 'require', not '%s'", arg)
	}
	s.config.zonemd = mode
	return nil
}
