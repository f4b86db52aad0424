package nsfailover

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"

	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// A parser reads the stanzas of a server block.
type parser struct {
	*caddy.Controller
	*block
}

// roles are the first arguments that there are.
var roles = map[string]func(*parser, []string) error{
	"pool":      (*parser).pool,
	"peers":     (*parser).peers,
	"primaries": (*parser).primaries,
	"quorum":    (*parser).quorum,
	"watch":     (*parser).watch,
	"report":    (*parser).report,
	"status":    (*parser).statusListener,
	"state":     (*parser).stateDirectory,
}

// parse reads every stanza of a server block.
func parse(c *caddy.Controller) (*block, error) {
	p := &parser{c, new(block)}
	for c.Next() {
		args := c.RemainingArgs()
		if len(args) == 0 {
			return nil, c.Errf("a role is needed: %s", words(roles))
		}
		role, ok := roles[args[0]]
		if !ok {
			return nil, c.Errf("unknown role '%s': %s", args[0], words(roles))
		}
		if err := role(p, args[1:]); err != nil {
			return nil, err
		}
	}
	return p.block, nil
}

func (p *parser) here() string { return fmt.Sprintf("%s:%d", p.File(), p.Line()) }

// report parses: report { webhook URL; alertmanager URL }.
func (p *parser) report(args []string) error {
	if len(args) > 0 {
		return p.ArgErr()
	}
	return p.properties(map[string]func([]string) error{
		"webhook":      p.sink(events.Webhook),
		"alertmanager": p.sink(events.Alertmanager),
	})
}

func (p *parser) sink(of func(*url.URL) events.Sink) func([]string) error {
	return func(args []string) error {
		text, err := p.one(args)
		if err != nil {
			return err
		}
		u, err := events.ParseURL(text)
		if err != nil {
			return p.Err(err.Error())
		}
		p.sinks = append(p.sinks, of(u))
		return nil
	}
}

// stateDirectory parses: state DIR.
func (p *parser) stateDirectory(args []string) error {
	dir, err := p.one(args)
	if err != nil {
		return err
	}
	if p.state.dir != "" {
		return p.Errf("state is given twice: the first time at %s", p.state.where)
	}
	dir, err = absolute(dir, dnsserver.GetConfig(p.Controller).Root)
	if err != nil {
		return p.Errf("state: %v", err)
	}
	p.state = stateFile{dir, p.here()}
	return nil
}

// properties reads a block. Each property is given once, unless it is one of those that add up.
func (p *parser) properties(known map[string]func([]string) error) error {
	for p.NextBlock() {
		name := p.Val()
		property, ok := known[name]
		if !ok {
			return p.Errf("unknown property '%s': %s", name, words(known))
		}
		if err := property(p.RemainingArgs()); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) one(args []string) (string, error) {
	if len(args) != 1 {
		return "", p.ArgErr()
	}
	return args[0], nil
}

func (p *parser) oneDuration(to *time.Duration) func([]string) error {
	return func(args []string) error {
		arg, err := p.one(args)
		if err == nil {
			*to, err = p.duration(arg)
		}
		return err
	}
}

func (p *parser) oneCount(to *int) func([]string) error {
	return func(args []string) error {
		arg, err := p.one(args)
		if err == nil {
			*to, err = p.count(arg)
		}
		return err
	}
}

func (p *parser) duration(arg string) (time.Duration, error) {
	d, err := time.ParseDuration(arg)
	if err != nil || d <= 0 || d > longest {
		return 0, p.Errf("not a duration: '%s' (such as 30s or 10m)", arg)
	}
	return d, nil
}

// count is a number that is not 0.
func (p *parser) count(arg string) (int, error) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 1 {
		return 0, p.Errf("not a number from 1 on: '%s'", arg)
	}
	return n, nil
}

func (p *parser) name(arg string) (owner.Name, error) {
	name, err := owner.Parse(arg)
	if err != nil {
		return nil, p.Errf("not a name: '%s'", arg)
	}
	return name, nil
}

func (p *parser) addrs(args []string) (list []netip.Addr, err error) {
	if len(args) == 0 {
		return nil, p.ArgErr()
	}
	for _, arg := range args {
		a, err := netip.ParseAddr(arg)
		if err != nil || a.Zone() != "" {
			return nil, p.Errf("not an address: '%s'", arg)
		}
		if a = a.Unmap(); slices.Contains(list, a) {
			return nil, p.Errf("address %s is given twice", a)
		}
		list = append(list, a)
	}
	return list, nil
}

// statusListener parses: status ADDRESS [token FILE].
func (p *parser) statusListener(args []string) error {
	if len(args) != 1 && (len(args) != 3 || args[1] != "token") {
		return p.Errf("the status is given as 'status ADDRESS [token FILE]'")
	}
	addr, err := status.ParseListen(args[0])
	if err != nil {
		return p.Errf("the status is at an IP address with a port, ':PORT' or 'PORT', not at '%s'", args[0])
	}
	at := statusAt{addr: addr, where: p.here()}
	switch {
	case len(args) == 3:
		if at.tokenFile = args[2]; !filepath.IsAbs(at.tokenFile) {
			at.tokenFile = filepath.Join(dnsserver.GetConfig(p.Controller).Root, at.tokenFile)
		}
		if _, err := status.ReadToken(at.tokenFile); err != nil {
			return p.Errf("the token of the status: %v", err)
		}
	case !addr.Addr().IsLoopback():
		return p.Errf("a status that is not on loopback needs a token: 'status %s token FILE'", args[0])
	}
	if p.block.status.addr.IsValid() && !p.block.status.same(at) {
		return p.Errf("there is another status at %s", p.block.status.where)
	}
	p.block.status = at
	return nil
}
