package guard

import (
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

func TestSerialsThatJump(t *testing.T) {
	for _, c := range []struct {
		name    string
		was, is serial.Serial
		reason  string
	}{
		{name: "the next one", was: 1, is: 2},
		{name: "a counter becomes a date", was: 17, is: 2026112000, reason: "is 2026111983 serials ahead of 17, more than 1"},
		{name: "as far as that", was: 5, is: 5 + 1<<30},
		{name: "one more", was: 5, is: 6 + 1<<30, reason: "is 1073741825 serials ahead of 5, more than 1073741824"},
		{name: "the longest step", was: 5, is: 5 + serial.Max, reason: "is 2147483647 serials ahead of 5"},
		{name: "one more has no order, and is judged elsewhere", was: 5, is: 6 + serial.Max},
		{name: "a step back is judged elsewhere", was: 5, is: 4},
		{name: "the same", was: 5, is: 5},
		{name: "the last number", was: 4294967294, is: 4294967295},
		{
			name: "over the end of the numbers", was: 4294967295, is: 3,
			reason: "is 4 serials ahead of 4294967295, over the end of the numbers",
		},
	} {
		old, v := version(t, c.was, ns("example.")), version(t, c.is, ns("example."))
		f := findingOf(DefaultPolicy().Examine(&Change{Candidate: Candidate{Old: old, Version: v}, Now: noon}), SerialJump)
		verdict := Warn
		if c.reason == "" {
			verdict = Accept
		}
		checkFinding(t, c.name, f, verdict, c.reason)
	}
}

func TestASerialOfZeroIsTold(t *testing.T) {
	old := version(t, 4294967295, ns("example."))
	for _, c := range []Change{
		{Candidate: Candidate{Version: version(t, 0, ns("example."))}},
		{Candidate: Candidate{Old: old, Version: version(t, 0, ns("example."))}},
	} {
		checkFinding(t, "zero", findingOf(DefaultPolicy().Examine(&c), SerialZero), Warn, "has serial 0")
	}
	one := &Change{Candidate: Candidate{Version: version(t, 1, ns("example."))}}
	checkFinding(t, "one", findingOf(DefaultPolicy().Examine(one), SerialZero), Accept, "")
}

func TestSerialsThatAreToBeDates(t *testing.T) {
	evening := time.Date(2026, 12, 30, 23, 59, 0, 0, time.FixedZone("", -3600)) // the 31st in UTC
	for _, c := range []struct {
		name   string
		s      serial.Serial
		now    time.Time
		reason string
	}{
		{"today", 2026112099, noon, ""},
		{"long ago", 1999010100, noon, ""},
		{"two days ahead", 2026112207, noon, ""},
		{"three days ahead", 2026112300, noon, "has serial 2026112300, a date 3 days ahead, limit 2"},
		{"two days ahead of the day in UTC", 2027010200, evening, ""},
		{"three days ahead of the day in UTC", 2027010300, evening, "has serial 2027010300, a date 3 days ahead, limit 2"},
		{"next year by a slip", 2027112000, noon, "has serial 2027112000, a date 365 days ahead"},
		{"a leap day", 2024022900, noon, ""},
		{"no leap day", 2026022900, noon, "has serial 2026022900, which is no date YYYYMMDDnn"},
		{"a thirteenth month", 2026130100, noon, "has serial 2026130100, which is no date"},
		{"no month", 2026000100, noon, "has serial 2026000100, which is no date"},
		{"no day", 2026010000, noon, "has serial 2026010000, which is no date"},
		{"a counter", 42, noon, "has serial 42, which is no date"},
		{"seconds since 1970", 1795176000, noon, "has serial 1795176000, which is no date"},
		{"the last of all", 4294967295, noon, "has serial 4294967295, which is no date"},
	} {
		for _, dates := range []bool{true, false} {
			p := DefaultPolicy()
			p.DateSerials = dates
			change := &Change{Candidate: Candidate{Version: version(t, c.s, ns("example."))}, Now: c.now}
			f := findingOf(p.Examine(change), SerialFuture)
			if !dates || c.reason == "" {
				checkFinding(t, c.name, f, Accept, "")
				continue
			}
			checkFinding(t, c.name, f, Warn, c.reason)
		}
	}
}
