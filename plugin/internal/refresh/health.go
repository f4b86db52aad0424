package refresh

import (
	"errors"
	"net/netip"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// Health is somebody who looks after primaries all the time. Its methods are called by running refreshes, and wait for
// nothing.
type Health interface {
	Of(netip.AddrPort) primary.Health
	// Failed is told that a SOA check or a transfer has failed, and Answered that one has not.
	Failed(netip.AddrPort)
	Answered(netip.AddrPort)
}

// A Watched primary is asked for the SOA of a zone.
type Watched struct {
	Apex    owner.Name
	Primary xfr.Primary
}

// tellHealth passes on what became of a SOA check or a transfer. What was stopped here says nothing.
func (c *cycle) tellHealth(addr netip.AddrPort, err error) {
	h := c.config.Health
	switch {
	case h == nil, errors.Is(err, errNotAwaited), errors.Is(err, xfr.ErrStopped), errors.Is(err, xfr.ErrLocal):
	case err == nil:
		h.Answered(addr)
	default:
		h.Failed(addr)
	}
}
