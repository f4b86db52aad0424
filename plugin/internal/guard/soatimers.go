package guard

import (
	"fmt"
	"strings"

	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// soaTimers: timers that make no sense together, or are far from what RFC 1912 §2.2 proposes. They are told once, and
// not again with every version.
func soaTimers(_ *Policy, c *Change) (Finding, bool) {
	soa := c.Version.SOA()
	if c.Old != nil && timersOf(c.Old.SOA()) == timersOf(soa) {
		return Finding{}, false
	}
	wrong := append(senseless(soa), unusual(soa)...)
	if len(wrong) == 0 {
		return Finding{}, false
	}
	return found(SOATimers, Warn, "has SOA timers that are wrong: %s", strings.Join(wrong, ", "))
}

func timersOf(soa zone.SOA) [4]uint32 {
	return [...]uint32{soa.Refresh, soa.Retry, soa.Expire, soa.Minimum}
}

// senseless are the timers with which a secondary cannot do its work.
func senseless(soa zone.SOA) (list []string) {
	for _, timer := range []struct {
		name  string
		value uint32
	}{{"refresh", soa.Refresh}, {"retry", soa.Retry}, {"expire", soa.Expire}} {
		if timer.value == 0 {
			list = append(list, timer.name+" 0")
		}
	}
	if soa.Retry > soa.Refresh {
		list = append(list, fmt.Sprintf("retry %d > refresh %d", soa.Retry, soa.Refresh))
	}
	if both := uint64(soa.Refresh) + uint64(soa.Retry); uint64(soa.Expire) < both {
		list = append(list, fmt.Sprintf("expire %d < refresh + retry %d", soa.Expire, both))
	}
	return list
}

// unusual are the timers that are outside the ranges of RFC 1912 §2.2 grossly, that is by a factor of about ten:
// refresh 20 min to 12 h, retry 3 min and more, expire two to four weeks, minimum up to a day (RFC 2308 §5).
func unusual(soa zone.SOA) (list []string) {
	for _, timer := range []struct {
		name               string
		value, least, most uint32 // seconds
	}{
		{"refresh", soa.Refresh, 120, 5 * 86400},
		{"retry", soa.Retry, 18, 5 * 86400},
		{"expire", soa.Expire, 86400, 280 * 86400},
		{"minimum", soa.Minimum, 0, 10 * 86400},
	} {
		switch {
		case timer.value > timer.most:
			list = append(list, fmt.Sprintf("%s %d > %d", timer.name, timer.value, timer.most))
		case timer.value < timer.least && timer.value > 0:
			list = append(list, fmt.Sprintf("%s %d < %d", timer.name, timer.value, timer.least))
		}
	}
	return list
}
