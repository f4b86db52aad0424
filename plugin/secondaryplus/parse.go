package secondaryplus

import (
	"slices"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// A stanza is being parsed: the tokens, what they may refer to, and what they made so far.
type stanza struct {
	*caddy.Controller
	secrets map[string]string // TSIG secrets in base64, by key name
	config  config

	staleGiven  bool
	zonemdGiven bool
	tlsSays     string   // the first property about TLS, and its line
	tlsOnce     []string // properties that cannot be given twice, and were there
	root        string   // of the server block, for files
}

// properties are what a stanza may contain.
var properties = map[string]func(*stanza) error{
	"transfer":       (*stanza).transfer,
	"source":         (*stanza).source,
	"ixfr":           (*stanza).ixfr,
	"notify":         (*stanza).notify,
	"fallthrough":    (*stanza).fallthroughZones,
	"refresh":        (*stanza).refresh,
	"retry":          (*stanza).retry,
	"expire":         (*stanza).expire,
	"limit":          (*stanza).limit,
	"persist":        (*stanza).persist,
	"zonemd":         (*stanza).zonemd,
	"stale":          (*stanza).stale,
	"fallback":       (*stanza).fallback,
	"tls":            (*stanza).tls,
	"tls_servername": (*stanza).tlsServername,
	"tls_pin":        (*stanza).tlsPin,
	"also_notify":    (*stanza).alsoNotify,
	"transfers":      (*stanza).transfers,
	"metrics":        (*stanza).metrics,
	"status":         (*stanza).status,
	"catalog":        (*stanza).catalog,
	"group":          (*stanza).group,
	"journal":        (*stanza).journal,
}

// parse reads every stanza of a server block.
func parse(c *caddy.Controller, secrets map[string]string) ([]config, error) {
	var configs []config
	for c.Next() {
		s := &stanza{Controller: c, secrets: secrets, root: dnsserver.GetConfig(c).Root, config: defaults()}
		if err := s.parse(); err != nil {
			return nil, err
		}
		configs = append(configs, s.config)
	}
	return configs, nil
}

func (s *stanza) parse() error {
	if err := s.zones(); err != nil {
		return err
	}
	line := s.Line()
	for s.NextBlock() {
		property, ok := properties[s.Val()]
		if !ok {
			return s.Errf("unknown property '%s'", s.Val())
		}
		if err := property(s); err != nil {
			return err
		}
	}
	if len(s.config.primaries) == 0 {
		return s.Errf("the stanza that begins in line %d has no 'transfer from': a secondary zone needs a primary", line)
	}
	if err := s.checkGroups(line); err != nil {
		return err
	}
	return s.checkTLS()
}

// zones takes the zones from the stanza's arguments, or else from the keys of the server block. Of these, two
// may name one zone: those of plain DNS and of DNS over TLS.
func (s *stanza) zones() error {
	args := s.RemainingArgs()
	origins := plugin.OriginsFromArgsOrServerBlock(args, s.ServerBlockKeys)
	if len(origins) < len(args) {
		return s.Errf("not a zone name among %q", args)
	}
	names, err := s.names(origins)
	for _, name := range names {
		same := func(z owner.Name) bool { return owner.Equal(z, name) }
		if len(args) > 0 || !slices.ContainsFunc(s.config.zones, same) {
			s.config.zones = append(s.config.zones, name)
		}
	}
	return err
}

func (s *stanza) names(origins []string) ([]owner.Name, error) {
	var names []owner.Name
	for _, origin := range origins {
		name, err := owner.Parse(origin)
		if err != nil {
			return nil, s.Errf("not a zone name: '%s'", origin)
		}
		names = append(names, name)
	}
	return names, nil
}

func (s *stanza) fallthroughZones() error {
	s.config.fall.SetZonesFromArgs(s.RemainingArgs())
	return nil
}

// one is the single argument of a property.
func (s *stanza) one() (string, error) {
	args := s.RemainingArgs()
	if len(args) != 1 {
		return "", s.ArgErr()
	}
	return args[0], nil
}

func (s *stanza) ixfr() error {
	arg, err := s.one()
	if err != nil {
		return err
	}
	switch arg {
	case "on", "off":
		s.config.ixfr = arg == "on"
		return nil
	}
	return s.Errf("ixfr is 'on' or 'off', not '%s'", arg)
}
