package secondaryplus

import (
	"slices"

	"github.com/coredns/coredns/plugin"
)

// catalog parses: catalog [MEMBER-ZONES...]. Given more than once, the names add up, unless one of them has none
// and so admits all.
func (s *stanza) catalog() error {
	args := s.RemainingArgs()
	origins := plugin.OriginsFromArgsOrServerBlock(args, nil)
	if len(origins) < len(args) {
		return s.Errf("not a zone name among %q", args)
	}
	names, err := s.names(origins)
	if err != nil {
		return err
	}
	before := s.config.catalog
	switch {
	case before == nil:
		s.config.catalog = &scope{names}
	case len(before.zones) == 0 || len(names) == 0:
		before.zones = nil
	default:
		before.zones = append(before.zones, names...)
	}
	return nil
}

// group parses: group NAME transfer from ADDRESS... [key NAME [ALGORITHM]].
func (s *stanza) group() error {
	args := s.RemainingArgs()
	if len(args) < 4 || args[1] != "transfer" || args[2] != "from" {
		return s.Err("a group is given as 'group NAME transfer from ADDRESS... [key NAME [ALGORITHM]]'")
	}
	at := slices.IndexFunc(s.config.groups, func(g group) bool { return g.name == args[0] })
	if at < 0 {
		at = len(s.config.groups)
		s.config.groups = append(s.config.groups, group{name: args[0]})
	}
	return s.transferFrom(args[3:], &s.config.groups[at].primaries)
}

func (s *stanza) checkGroups(line int) error {
	if len(s.config.groups) > 0 && s.config.catalog == nil {
		return s.Errf("the stanza that begins in line %d has a 'group', and no 'catalog' whose members could be in it", line)
	}
	return nil
}
