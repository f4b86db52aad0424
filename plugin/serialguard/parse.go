package serialguard

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// A parser reads one stanza.
type parser struct {
	*caddy.Controller
	*stanza
}

// properties are what a stanza may contain.
var properties = map[string]func(*parser, []string) error{
	"mode":               (*parser).mode,
	"on":                 (*parser).on,
	"deletes":            (*parser).deletes,
	"updates":            (*parser).updates,
	"min_records":        (*parser).minRecords,
	"require":            (*parser).require,
	"protect":            (*parser).protect,
	"format":             (*parser).format,
	"release":            (*parser).release,
	"hold_max":           (*parser).holdMax,
	"signature_deadline": (*parser).signatureDeadline,
	"window":             (*parser).window,
	"accept":             (*parser).accept,
}

// parse reads every stanza of a server block.
func parse(c *caddy.Controller) (list []*stanza, err error) {
	for c.Next() {
		p := &parser{c, &stanza{policy: guard.DefaultPolicy(), terms: terms{signed: defaultSigned}}}
		if err := p.parse(); err != nil {
			return nil, err
		}
		list = append(list, p.stanza)
	}
	return list, nil
}

func (p *parser) parse() error {
	args := p.RemainingArgs()
	origins := plugin.OriginsFromArgsOrServerBlock(args, p.ServerBlockKeys)
	if len(origins) < len(args) {
		return p.Errf("not a zone name among %q", args)
	}
	for _, origin := range origins {
		name, err := owner.Parse(origin)
		if err != nil {
			return p.Errf("not a zone name: '%s'", origin)
		}
		p.zones = append(p.zones, name)
	}
	for p.NextBlock() {
		name := p.Val()
		property, ok := properties[name]
		if !ok {
			return p.Errf("unknown property '%s'", name)
		}
		if err := property(p, p.RemainingArgs()); err != nil {
			return err
		}
	}
	return nil
}

// mode parses: mode enforce|observe.
func (p *parser) mode(args []string) error {
	if len(args) != 1 || args[0] != "enforce" && args[0] != "observe" {
		return p.Errf("mode is 'enforce' or 'observe', not %q", strings.Join(args, " "))
	}
	p.enforce = args[0] == "enforce"
	return nil
}

// on parses: on RULE accept|warn|hold|reject.
func (p *parser) on(args []string) error {
	if len(args) != 2 {
		return p.Errf("on is given as 'on RULE accept|warn|hold|reject'")
	}
	rule, err := guard.ParseRule(args[0])
	if err != nil {
		return p.Err(err.Error())
	}
	if !slices.Contains(guard.ContentRules(), rule) {
		return p.Errf("rule %s holds for every zone of secondaryplus, and cannot be changed", rule)
	}
	verdict, err := guard.ParseVerdict(args[1])
	if err != nil {
		return p.Err(err.Error())
	}
	if p.policy.On == nil {
		p.policy.On = make(map[guard.Rule]guard.Verdict)
	}
	p.policy.On[rule] = verdict
	return nil
}

// deletes parses: deletes PERCENT min COUNT.
func (p *parser) deletes(args []string) (err error) {
	if len(args) != 3 || args[1] != "min" {
		return p.Errf("deletes is given as 'deletes PERCENT min COUNT'")
	}
	if p.policy.DeletePercent, err = p.percent(args[0]); err != nil {
		return err
	}
	p.policy.DeleteCount, err = p.count(args[2])
	return err
}

// updates parses: updates warn PERCENT hold PERCENT.
func (p *parser) updates(args []string) (err error) {
	if len(args) != 4 || args[0] != "warn" || args[2] != "hold" {
		return p.Errf("updates is given as 'updates warn PERCENT hold PERCENT'")
	}
	if p.policy.UpdateWarn, err = p.percent(args[1]); err != nil {
		return err
	}
	if p.policy.UpdateHold, err = p.percent(args[3]); err != nil {
		return err
	}
	if p.policy.UpdateWarn > p.policy.UpdateHold {
		return p.Errf("updates are held from %d %% on and only told from %d %% on", p.policy.UpdateHold, p.policy.UpdateWarn)
	}
	return nil
}

func (p *parser) minRecords(args []string) (err error) {
	if len(args) != 1 {
		return p.ArgErr()
	}
	p.policy.MinRecords, err = p.count(args[0])
	return err
}

// require parses: require TYPE...
func (p *parser) require(args []string) error {
	list, err := p.types(args)
	p.policy.Require = append(p.policy.Require, list...)
	return err
}

// protect parses: protect NAME TYPE...
func (p *parser) protect(args []string) error {
	if len(args) < 2 {
		return p.Errf("protect is given as 'protect NAME TYPE...'")
	}
	name, err := owner.Parse(args[0])
	if err != nil {
		return p.Errf("not a name: '%s'", args[0])
	}
	list, err := p.types(args[1:])
	p.policy.Protect = append(p.policy.Protect, guard.Protected{Name: name, Types: list})
	return err
}

func (p *parser) types(args []string) (list []uint16, err error) {
	if len(args) == 0 {
		return nil, p.ArgErr()
	}
	for _, arg := range args {
		rrtype, ok := dns.StringToType[strings.ToUpper(arg)]
		if !ok {
			return nil, p.Errf("not a type: '%s'", arg)
		}
		list = append(list, rrtype)
	}
	return list, nil
}

// format parses: format date.
func (p *parser) format(args []string) error {
	if len(args) != 1 || args[0] != "date" {
		return p.Errf("format is given as 'format date'")
	}
	p.policy.DateSerials = true
	return nil
}

// release parses: release manual|auto DURATION.
func (p *parser) release(args []string) (err error) {
	switch {
	case len(args) == 1 && args[0] == "manual":
		p.terms.release = 0
		return nil
	case len(args) == 2 && args[0] == "auto":
		p.terms.release, err = p.duration(args[1])
		return err
	}
	return p.Errf("release is given as 'release manual' or 'release auto DURATION'")
}

// holdMax parses: hold_max DURATION then serve|release.
func (p *parser) holdMax(args []string) (err error) {
	if len(args) != 3 || args[1] != "then" || args[2] != "serve" && args[2] != "release" {
		return p.Errf("hold_max is given as 'hold_max DURATION then serve|release'")
	}
	p.terms.publish = args[2] == "release"
	p.terms.longest, err = p.duration(args[0])
	return err
}

func (p *parser) signatureDeadline(args []string) (err error) {
	if len(args) != 1 {
		return p.ArgErr()
	}
	p.terms.signed, err = p.duration(args[0])
	return err
}

// window parses: window RFC3339 DURATION.
func (p *parser) window(args []string) error {
	if len(args) != 2 {
		return p.Errf("window is given as 'window RFC3339 DURATION'")
	}
	from, err := time.Parse(time.RFC3339, args[0])
	if err != nil {
		return p.Errf("not a time: '%s' (such as 2026-11-30T22:00:00Z)", args[0])
	}
	length, err := p.duration(args[1])
	p.terms.windows = append(p.terms.windows, window{from, length})
	return err
}

// digestDigits is how many hexadecimal digits a SHA-384 has.
const digestDigits = 96

// accept parses: accept SERIAL sha384:HEX.
func (p *parser) accept(args []string) error {
	if len(args) != 2 {
		return p.Errf("accept is given as 'accept SERIAL sha384:HEX': a serial alone says nothing of the content")
	}
	number, err := strconv.ParseUint(args[0], 10, 32)
	if err != nil {
		return p.Errf("not a serial: '%s'", args[0])
	}
	digest := strings.ToLower(args[1])
	digits, ok := strings.CutPrefix(digest, digestPrefix)
	if !ok || len(digits) != digestDigits || strings.Trim(digits, "0123456789abcdef") != "" {
		return p.Errf("not a digest: '%s' (%s and %d hexadecimal digits, as in the log)", args[1], digestPrefix, digestDigits)
	}
	p.terms.approvals = append(p.terms.approvals, approval{serial.Serial(number), digest})
	return nil
}

func (p *parser) percent(arg string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(arg, "%"))
	if err != nil || n < 1 || n > 100 {
		return 0, p.Errf("not a percentage from 1 to 100: '%s'", arg)
	}
	return n, nil
}

func (p *parser) count(arg string) (int, error) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 0 {
		return 0, p.Errf("not a number: '%s'", arg)
	}
	return n, nil
}

func (p *parser) duration(arg string) (time.Duration, error) {
	d, err := time.ParseDuration(arg)
	if err != nil || d <= 0 {
		return 0, p.Errf("not a duration: '%s' (such as 30m or 48h)", arg)
	}
	return d, nil
}
