package serialguard

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/statedir"
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

// holdMax parses: hold_max DURATION then serve|release|servfail.
func (p *parser) holdMax(args []string) (err error) {
	then, ok := serve, len(args) == 3 && args[1] == "then"
	if ok {
		then, ok = outcomes[args[2]]
	}
	if !ok {
		return p.Errf("hold_max is given as 'hold_max DURATION then serve|release|servfail'")
	}
	p.terms.then = then
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
	a, err := parseApproval(args[0], args[1])
	if err != nil {
		return p.Err(err.Error())
	}
	p.terms.approvals = append(p.terms.approvals, a)
	return nil
}

// parseApproval reads a serial and a digest.
func parseApproval(number, digest string) (approval, error) {
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return approval{}, fmt.Errorf("not a serial: '%s'", number)
	}
	lower := strings.ToLower(digest)
	digits, ok := strings.CutPrefix(lower, digestPrefix)
	if !ok || len(digits) != digestDigits || strings.Trim(digits, "0123456789abcdef") != "" {
		return approval{}, fmt.Errorf("not a digest: '%s' (%s and %d hexadecimal digits, as in the log)", digest, digestPrefix, digestDigits)
	}
	return approval{serial.Serial(n), lower}, nil
}

// quorum parses: quorum K [of N] [wait DURATION].
func (p *parser) quorum(args []string) (err error) {
	q := guard.Quorum{Wait: guard.DefaultQuorumWait}
	const form = "quorum is given as 'quorum K [of N] [wait DURATION]'"
	if len(args) == 0 {
		return p.Errf(form)
	}
	if q.Need, err = p.count(args[0]); err != nil {
		return err
	}
	rest := args[1:]
	if len(rest) >= 2 && rest[0] == "of" {
		if q.Of, err = p.count(rest[1]); err != nil {
			return err
		}
		if q.Of < q.Need {
			return p.Errf("a quorum of %d among %d primaries", q.Need, q.Of)
		}
		rest = rest[2:]
	}
	if len(rest) == 2 && rest[0] == "wait" {
		if q.Wait, err = p.duration(rest[1]); err != nil {
			return err
		}
		rest = rest[2:]
	}
	if len(rest) > 0 {
		return p.Errf(form)
	}
	if q.Need < 2 {
		return p.Errf("a quorum of %d is none: every version is at the primary that it comes from", q.Need)
	}
	p.policy.Quorum = q
	return nil
}

// shortestAudit keeps a mistake from transferring a zone without a pause.
const shortestAudit = time.Second

func (p *parser) audits(args []string) (err error) {
	if len(args) != 1 {
		return p.ArgErr()
	}
	if p.audit, err = p.duration(args[0]); err == nil && p.audit < shortestAudit {
		return p.Errf("an audit takes a transfer of the zone: no more often than every %s", shortestAudit)
	}
	return err
}

func (p *parser) versions(args []string) (err error) {
	if len(args) != 1 {
		return p.ArgErr()
	}
	if p.history, err = p.count(args[0]); err == nil && p.history > mostHistory {
		return p.Errf("at most %d versions are kept", mostHistory)
	}
	return err
}

// stateDirectory parses: state_dir DIR.
func (p *parser) stateDirectory(args []string) error {
	if len(args) != 1 {
		return p.ArgErr()
	}
	dir := args[0]
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(dnsserver.GetConfig(p.Controller).Root, dir)
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = statedir.Writable(dir)
	}
	if err != nil {
		return p.Errf("state_dir: %v", err)
	}
	p.stateDir = dir
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

// report parses: report webhook|alertmanager URL.
func (p *parser) report(args []string) error {
	if len(args) != 2 || args[0] != "webhook" && args[0] != "alertmanager" {
		return p.Errf("report is given as 'report webhook|alertmanager URL'")
	}
	u, err := events.ParseURL(args[1])
	if err != nil {
		return p.Errf("report: %v", err)
	}
	if args[0] == "webhook" {
		p.sinks = append(p.sinks, events.Webhook(u))
	} else {
		p.sinks = append(p.sinks, events.Alertmanager(u))
	}
	return nil
}
