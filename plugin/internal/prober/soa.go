package prober

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// SOA is a check whether a primary is an authority for a zone: it answers the query for the SOA with AA, NOERROR and
// exactly one SOA of the zone, signed if the primary has a key.
type SOA struct {
	Apex    owner.Name
	Primary xfr.Primary
	Over    string        // "udp" or "tcp": it alone; empty: UDP, and TCP if UDP says nothing. TLS is the primary's own
	Timeout time.Duration // of a run: it is divided among the tries
	XFR     bool          // it is asked as a transfer begins, over TCP or TLS, to know whether one could come
	Source  Source
}

// tries are how often a run asks: twice over UDP and once over TCP. One lost datagram is no failure.
const tries = 3

type soa struct {
	key    Key
	spec   SOA
	client *xfr.Client
}

// Check is the check.
func (s SOA) Check() Check {
	kind, what := KindSOA, s.Apex.Canonical()
	if s.XFR {
		kind, s.Over = KindXFR, "tcp"
	}
	switch {
	case s.Primary.TLS != nil:
		what += " tls"
	case s.Over != "":
		what += " " + s.Over
	}
	if s.Primary.Key != nil {
		what += " key " + s.Primary.Key.String()
	}
	return &soa{
		key:  Key{kind, s.Primary.Addr, what},
		spec: s,
		client: &xfr.Client{
			Source4: s.Source.V4, Source6: s.Source.V6, ProbeWait: s.Timeout / tries, ProbeOver: s.Over,
		},
	}
}

func (c *soa) Key() Key { return c.key }

func (c *soa) Run(ctx context.Context) Result {
	probed, err := c.client.Probe(ctx, c.spec.Apex, c.spec.Primary)
	if err != nil {
		return c.failed(ctx, err)
	}
	return Result{
		Outcome: OK, RTT: probed.RTT, Serial: probed.SOA.Serial, HasSerial: true, Granted: probed.Granted,
	}
}

// decisions are what the errors of a Client mean, for those that came with an answer.
var decisions = []struct {
	sentinel error
	outcome  Outcome
}{
	{xfr.ErrLocal, Local}, {xfr.ErrRefused, Rcode}, {xfr.ErrLame, Lame}, {xfr.ErrExpired, Expired},
	{xfr.ErrTSIG, Unsigned}, {xfr.ErrMalformed, Malformed},
}

func (c *soa) failed(ctx context.Context, err error) Result {
	var e *xfr.Error
	if errors.As(err, &e) {
		err = e.Err // whose SOA, and from whom, is in the key
	}
	for _, d := range decisions {
		if errors.Is(err, d.sentinel) {
			return failure(d.outcome, err)
		}
	}
	if errors.Is(err, xfr.ErrTimeout) && ctx.Err() == nil {
		return failure(Timeout, err)
	}
	r := networkFailure(ctx, err)
	if r.Outcome == Unreachable && c.spec.Primary.TLS != nil && !isDial(err) {
		r = failure(TLSFailed, fmt.Errorf("handshake: %w", err))
	}
	return r
}
