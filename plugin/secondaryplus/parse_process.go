package secondaryplus

import (
	"net/netip"
	"path/filepath"
	"strconv"

	"github.com/coredns/coredns/core/dnsserver"

	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// statusAt is where the status is, and the file of its token; the zero statusAt is nowhere.
type statusAt struct {
	addr      netip.AddrPort
	tokenFile string
}

// transferLimits are how many transfers may run at a time.
type transferLimits struct{ total, perPrimary int }

var defaultTransfers = transferLimits{10, 2}

const mostTransfers = 10000

// metricsMode is of which zones there are metrics.
type metricsMode uint8

const (
	metricsBySize metricsMode = iota // of all zones, unless they are very many
	metricsAll
	metricsProblems
)

// status parses: status ADDRESS [token FILE].
func (s *stanza) status() error {
	args := s.RemainingArgs()
	if len(args) != 1 && (len(args) != 3 || args[1] != "token") {
		return s.Err("the status is given as 'status ADDRESS [token FILE]'")
	}
	addr, err := status.ParseListen(args[0])
	if err != nil {
		return s.Errf("the status is at an IP address with a port, ':PORT' or 'PORT', not at '%s'", args[0])
	}
	at := statusAt{addr: addr}
	switch {
	case len(args) == 3:
		at.tokenFile = args[2]
		if root := dnsserver.GetConfig(s.Controller).Root; !filepath.IsAbs(at.tokenFile) && root != "" {
			at.tokenFile = filepath.Join(root, at.tokenFile)
		}
		if _, err := status.ReadToken(at.tokenFile); err != nil {
			return s.Errf("the token of the status: %v", err)
		}
	case !addr.Addr().IsLoopback():
		return s.Errf("a status that is not on loopback needs a token: 'status %s token FILE'", args[0])
	}
	return settingsOf(s.Controller).status.say(s, "status", at)
}

// transfers parses: transfers TOTAL [PER-PRIMARY].
func (s *stanza) transfers() error {
	args := s.RemainingArgs()
	if len(args) != 1 && len(args) != 2 {
		return s.Err("transfers are bounded as 'transfers TOTAL [PER-PRIMARY]'")
	}
	numbers := make([]int, len(args))
	for i, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 || n > mostTransfers {
			return s.Errf("a number of transfers is between 1 and %d, not '%s'", mostTransfers, arg)
		}
		numbers[i] = n
	}
	l := transferLimits{numbers[0], min(numbers[0], defaultTransfers.perPrimary)}
	if len(numbers) == 2 {
		l.perPrimary = numbers[1]
	}
	if l.perPrimary > l.total {
		return s.Errf("transfers: %d from one primary are more than %d in total", l.perPrimary, l.total)
	}
	return settingsOf(s.Controller).transfers.say(s, "transfers", l)
}

// metrics parses: metrics all|problems.
func (s *stanza) metrics() error {
	arg, err := s.one()
	if err != nil {
		return err
	}
	mode := metricsAll
	switch arg {
	case "all":
	case "problems":
		mode = metricsProblems
	default:
		return s.Errf("metrics are of 'all' zones or of 'problems', not '%s'", arg)
	}
	return settingsOf(s.Controller).metrics.say(s, "metrics", mode)
}
