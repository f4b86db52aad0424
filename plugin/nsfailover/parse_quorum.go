package nsfailover

import (
	"slices"
	"strconv"

	"github.com/coredns/coredns/plugin/pkg/tls"

	"github.com/understudy-dns/understudy/plugin/internal/vote"
)

// quorum parses: quorum { etcd ENDPOINT...; agree majority|K; as SITE; tls CERT KEY CA; credentials USER PASSWORD }.
func (p *parser) quorum(args []string) error {
	if len(args) > 0 {
		return p.ArgErr()
	}
	if p.block.quorum != nil {
		return p.Errf("quorum is given twice: the first time at %s", p.block.quorum.where)
	}
	c := &quorumConfig{where: p.here()}
	p.block.quorum = c
	if err := p.properties(p.quorumProperties(c)); err != nil {
		return err
	}
	switch {
	case len(c.endpoints) == 0:
		return p.Errf("quorum needs an etcd")
	case c.site == "":
		return p.Errf("quorum needs the name of this site: 'as SITE'")
	}
	return nil
}

func (p *parser) quorumProperties(c *quorumConfig) map[string]func([]string) error {
	return map[string]func([]string) error{
		"etcd": func(args []string) error {
			if len(args) == 0 {
				return p.ArgErr()
			}
			c.endpoints = append(c.endpoints, args...)
			return nil
		},
		"agree": func(args []string) error { return p.agree(c, args) },
		"as": func(args []string) (err error) {
			c.site, err = p.one(args)
			return err
		},
		"tls": func(args []string) error {
			config, err := tls.NewTLSConfigFromArgs(args...)
			if err != nil {
				return p.Errf("tls: %v", err)
			}
			c.tls, c.tlsFiles = config, slices.Clone(args)
			return nil
		},
		"credentials": func(args []string) error {
			if len(args) != 2 {
				return p.Errf("credentials are given as 'credentials USER PASSWORD'")
			}
			c.username, c.password = args[0], args[1]
			return nil
		},
	}
}

func (p *parser) agree(c *quorumConfig, args []string) error {
	arg, err := p.one(args)
	if err != nil {
		return err
	}
	c.rule = vote.Rule{}
	if arg == "majority" {
		return nil
	}
	n, err := strconv.Atoi(arg)
	if err != nil || n < 1 {
		return p.Errf("agree is given as 'agree majority' or 'agree K', not '%s'", arg)
	}
	c.rule.Sites = n
	return nil
}
