package guard

import (
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// longStep is a step of the serial that nobody makes by accident, and a first part of a way back (RFC 1912 §3.1).
const longStep = 1 << 30

// serialJump: a step forwards of more than 2^30, that of 2^31-1 among them which is the longest that there is, or one
// over the end of the numbers (RFC 1982 §3.2). Whoever compares serials as numbers does not follow.
func serialJump(_ *Policy, c *Change) (Finding, bool) {
	if c.Old == nil || !c.Version.Serial().Newer(c.Old.Serial()) {
		return Finding{}, false
	}
	was, is := c.Old.Serial(), c.Version.Serial()
	switch step := uint32(is - was); {
	case step > longStep:
		return found(SerialJump, Warn, "is %d serials ahead of %s, more than %d", step, was, longStep)
	case is < was:
		return found(SerialJump, Warn, "is %d serials ahead of %s, over the end of the numbers", step, was)
	}
	return Finding{}, false
}

// serialZero: some software takes it for none.
func serialZero(_ *Policy, c *Change) (Finding, bool) {
	if c.Version.Serial() != 0 {
		return Finding{}, false
	}
	return found(SerialZero, Warn, "has serial 0")
}

// aheadDays is how far a date in a serial may lie ahead, in days: a zone may be made ready, and the earth is round.
const aheadDays = 2

// serialFuture: a serial that is to be a date (RFC 1912 §2.2) is none, or one that is yet to come: then no date that
// follows is newer before that.
func serialFuture(p *Policy, c *Change) (Finding, bool) {
	if !p.DateSerials {
		return Finding{}, false
	}
	date, ok := dateOf(c.Version.Serial())
	if !ok {
		return found(SerialFuture, Warn, "has serial %s, which is no date YYYYMMDDnn", c.Version.Serial())
	}
	const day = 24 * time.Hour
	ahead := int(date.Sub(c.Now.UTC().Truncate(day)) / day)
	if ahead <= aheadDays {
		return Finding{}, false
	}
	return found(SerialFuture, Warn, "has serial %s, a date %d days ahead, limit %d", c.Version.Serial(), ahead, aheadDays)
}

// dateOf is the day of a serial YYYYMMDDnn.
func dateOf(s serial.Serial) (date time.Time, ok bool) {
	year, month, day := int(s/1000000), time.Month(s/10000%100), int(s/100%100)
	date = time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return date, year >= 1970 && date.Month() == month // a day that its month does not have is one of another
}
