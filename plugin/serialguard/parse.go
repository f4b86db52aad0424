package serialguard

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
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
	"quorum":             (*parser).quorum,
	"audit":              (*parser).audits,
	"history":            (*parser).versions,
	"state_dir":          (*parser).stateDirectory,
	"report":             (*parser).report,
}

// parse reads every stanza of a server block.
func parse(c *caddy.Controller) (list []*stanza, err error) {
	for c.Next() {
		p := &parser{c, &stanza{
			policy: guard.DefaultPolicy(), terms: terms{signed: defaultSigned}, audit: defaultAudit, history: defaultHistory,
			where: make(map[string]string),
		}}
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
		p.where[name] = fmt.Sprintf("%s:%d", p.File(), p.Line())
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

// on parses: on RULE accept|warn|hold|reject [adopt|after DURATION].
func (p *parser) on(args []string) error {
	if len(args) != 2 && len(args) != 4 {
		return p.Errf("on is given as 'on RULE accept|warn|hold|reject [adopt|after DURATION]'")
	}
	rule, err := guard.ParseRule(args[0])
	if err != nil {
		return p.Err(err.Error())
	}
	verdict, err := guard.ParseVerdict(args[1])
	if err != nil {
		return p.Err(err.Error())
	}
	switch {
	case guard.Changeable(rule, verdict):
	case guard.Changeable(rule, guard.Warn):
		return p.Errf("rule %s can accept or warn; there is nothing that it could hold", rule)
	default:
		return p.Errf("rule %s holds for every zone of secondaryplus, and cannot be changed", rule)
	}
	if p.policy.On == nil {
		p.policy.On = make(map[guard.Rule]guard.Verdict)
	}
	p.policy.On[rule] = verdict
	if len(args) == 4 {
		return p.onWhen(rule, verdict, args[2], args[3])
	}
	return nil
}

// onWhen parses what some rules wait for.
func (p *parser) onWhen(rule guard.Rule, verdict guard.Verdict, word, arg string) error {
	d, err := p.duration(arg)
	if err != nil {
		return err
	}
	older := rule == guard.SerialBack || rule == guard.SerialAmbiguous
	switch {
	case word == "adopt" && older && verdict == guard.Hold:
		if p.policy.Adopt == nil {
			p.policy.Adopt = make(map[guard.Rule]time.Duration)
		}
		p.policy.Adopt[rule] = d
	case word == "after" && rule == guard.PrimaryBehind && verdict == guard.Warn:
		p.policy.Lag = d
	case word == "adopt":
		return p.Errf("'adopt' is for what is held by %s or %s", guard.SerialBack, guard.SerialAmbiguous)
	case word == "after":
		return p.Errf("'after' is for what %s warns of", guard.PrimaryBehind)
	default:
		return p.Errf("on is given as 'on RULE accept|warn|hold|reject [adopt|after DURATION]'")
	}
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
