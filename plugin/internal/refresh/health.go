package refresh

import (
	"errors"
	"net"
	"net/netip"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// Health is somebody who looks after primaries all the time. Its methods are called by running refreshes, and wait for
// nothing.
type Health interface {
	Of(netip.AddrPort) primary.Health
	// Failed is told that something has failed, and why; Answered, that a SOA check or a transfer has not.
	Failed(netip.AddrPort, Failure, error)
	Answered(netip.AddrPort)
}

// Failure is what has failed.
type Failure uint8

// The failures. A single SOA check that is not answered may be a datagram that was lost.
const (
	TransferFailed  Failure = iota
	CheckFailed             // a SOA check, with an answer that is none, or without a way to the primary
	CheckUnanswered         // a SOA check, in time
)

// A Watched primary is asked for the SOA of a zone.
type Watched struct {
	Apex    owner.Name
	Primary xfr.Primary
}

// checked passes on what became of a SOA check.
func (c *cycle) checked(addr netip.AddrPort, err error) {
	if unanswered(err) {
		c.tellHealth(addr, CheckUnanswered, err)
		return
	}
	c.tellHealth(addr, CheckFailed, err)
}

// unanswered says that time was up, for an answer or for a connection.
func unanswered(err error) bool {
	var n net.Error
	return errors.Is(err, xfr.ErrTimeout) || errors.Is(err, xfr.ErrConnect) && errors.As(err, &n) && n.Timeout()
}

// tellHealth passes on what became of a SOA check or a transfer. What was stopped here says nothing.
func (c *cycle) tellHealth(addr netip.AddrPort, what Failure, err error) {
	h := c.config.Health
	switch {
	case h == nil, errors.Is(err, errNotAwaited), errors.Is(err, xfr.ErrStopped), errors.Is(err, xfr.ErrLocal):
	case err == nil:
		h.Answered(addr)
	default:
		h.Failed(addr, what, err)
	}
}
