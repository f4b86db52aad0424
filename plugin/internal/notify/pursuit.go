package notify

import (
	"errors"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// RFC 1996 §3.6 suggests five messages, a minute apart. The first ones may follow sooner: a datagram that
// was lost must not cost the secondary a minute.
const (
	maxSends    = 5
	firstWait   = 4 * time.Second
	longestWait = time.Minute
)

// A pursuit is how far the telling of the newest version to one target has come. It is pure: it neither
// sends nor knows the time.
type pursuit struct {
	sent  int       // messages of the newest version
	last  time.Time // when the last message, of whatever version, was sent; zero: none was
	stale bool      // that one told of an older version
	doubt error     // why what came, or was tried, is no answer
}

// wait is how long an answer to the nth message of a version is waited for.
func wait(n int) time.Duration { return min(longestWait, firstWait<<(n-1)) }

// send notes that a message of the newest version is sent, and says when the next one would be due.
func (p *pursuit) send(now time.Time) (due time.Time) {
	p.sent++
	p.last, p.stale = now, false
	return now.Add(wait(p.sent))
}

// newer begins again, with a newer version. A target that has not answered yet is not sent more messages for
// that; the next one is due as after a first one.
func (p *pursuit) newer() (due time.Time) {
	p.sent, p.doubt = 0, nil
	p.stale = !p.last.IsZero()
	return p.last.Add(firstWait)
}

// answered says whether an answer ends the pursuit, and how. It does not when the target was told of an
// older version: then the newest one is to be sent at once. RFC 1996 §3.6: NOTIMP ends it in any case.
func (p *pursuit) answered(rcode uint8) (r Result, over bool) {
	switch rcode {
	case dns.RcodeNotImplemented:
		return NotImplemented, true
	case dns.RcodeSuccess:
		return Acknowledged, !p.stale
	}
	return Refused, !p.stale
}

// unanswered says whether it is over when an answer was waited for long enough. Where the key or the clock
// is wrong, the same is not tried again.
func (p *pursuit) unanswered() (r Result, over bool) {
	if errors.Is(p.doubt, xfr.ErrTSIG) {
		return Unverified, true
	}
	return Unanswered, p.sent >= maxSends
}
