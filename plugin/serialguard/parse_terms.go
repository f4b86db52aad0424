package serialguard

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/coredns/coredns/core/dnsserver"

	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/statedir"
)

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
