package secondaryplus

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/timers"
)

var (
	errNoAddress  = errors.New("not an address")
	errNoQuantity = errors.New("not a quantity")
)

func (s *stanza) refresh() error { return s.clamp(&s.config.clamps.Refresh) }
func (s *stanza) retry() error   { return s.clamp(&s.config.clamps.Retry) }
func (s *stanza) expire() error  { return s.clamp(&s.config.clamps.Expire) }

// clamp parses: refresh|retry|expire MIN MAX.
func (s *stanza) clamp(r *timers.Range) error {
	property := s.Val()
	args := s.RemainingArgs()
	if len(args) != 2 {
		return s.Errf("%s is given as '%s MIN MAX'", property, property)
	}
	lowest, err := s.duration(args[0])
	if err != nil {
		return err
	}
	highest, err := s.duration(args[1])
	if err != nil {
		return err
	}
	if lowest > highest {
		return s.Errf("%s: the minimum %s is above the maximum %s", property, lowest, highest)
	}
	*r = timers.Range{Min: lowest, Max: highest}
	return nil
}

// longest is the longest duration a timer may have: that of a 32-bit SOA field.
const longest = (1<<32 - 1) * time.Second

func (s *stanza) duration(arg string) (time.Duration, error) {
	d, err := time.ParseDuration(arg)
	if err != nil {
		return 0, s.Errf("not a duration: '%s' (such as 30s, 15m or 24h)", arg)
	}
	if d <= 0 || d > longest {
		return 0, s.Errf("a duration must be above zero and at most %s: '%s'", longest, arg)
	}
	return d, nil
}

// limit parses: limit records|size|time|connect|idle|rate VALUE.
func (s *stanza) limit() error {
	args := s.RemainingArgs()
	if len(args) != 2 {
		return s.Err("a limit is given as 'limit records|size|time|connect|idle|rate VALUE'")
	}
	l := &s.config.limits
	var err error
	switch args[0] {
	case "records":
		l.Records, err = s.count(args[1])
	case "size":
		l.Octets, err = s.octets(args[1])
	case "rate":
		l.Rate, err = s.octets(strings.TrimSuffix(args[1], "/s"))
	case "time":
		l.Time, err = s.duration(args[1])
	case "connect":
		l.Connect, err = s.duration(args[1])
	case "idle":
		l.Idle, err = s.duration(args[1])
	default:
		err = s.Errf("there is no limit '%s': records, size, time, connect, idle or rate", args[0])
	}
	return err
}

func (s *stanza) count(arg string) (int, error) {
	n, err := parseQuantity(arg, countUnits)
	if err != nil || n > 1<<31-1 {
		return 0, s.Errf("not a number above zero: '%s' (such as 1000, 500k or 50M)", arg)
	}
	return int(n), nil
}

func (s *stanza) octets(arg string) (int64, error) {
	n, err := parseQuantity(arg, octetUnits)
	if err != nil {
		return 0, s.Errf("not an amount of octets: '%s' (such as 65536, 10kB, 512MiB or 4GiB)", arg)
	}
	return n, nil
}

type unit struct {
	suffix string
	factor int64
}

var (
	countUnits = []unit{{"k", 1e3}, {"M", 1e6}, {"G", 1e9}}
	octetUnits = []unit{
		{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9},
		{"K", 1 << 10}, {"k", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1},
	}
)

// parseQuantity reads a whole number above zero with one of the units, or with none.
func parseQuantity(s string, units []unit) (int64, error) {
	factor := int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			s, factor = rest, u.factor
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > (1<<62)/factor {
		return 0, errNoQuantity
	}
	return n * factor, nil
}
