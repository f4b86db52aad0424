package xfr

import (
	"context"
	"errors"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A SOA query is sent over UDP probeTries times, and then once over TCP; each time, an answer is waited for
// as long as probeWait, unless the Client says otherwise.
const (
	probeTries = 2
	probeWait  = 1500 * time.Millisecond
)

// Probed is what a primary says of its version.
type Probed struct {
	SOA zone.SOA
	// RTT is the time from the first query to the answer. Lost datagrams make it longer: they count.
	RTT time.Duration
	// Granted is when the lease of a primary that is itself a secondary runs out (RFC 7314); zero: it told none.
	Granted time.Time

	tolerated bool // the query that it answers had an OPT record
}

// Probe asks a primary for the zone's SOA: over UDP, over TCP when that answer is truncated or REFUSED or there
// is none, over TLS alone when the primary has it. A primary that does not understand EDNS is asked once more
// without it. The error is an *Error.
func (c *Client) Probe(ctx context.Context, apex owner.Name, p Primary) (Probed, error) {
	edns, _ := c.edns.of(p)
	q := Query{ID: newID(), Apex: apex, Type: dns.TypeSOA, EDNS: edns}
	probed, err := c.probe(ctx, q, p)
	if errors.Is(err, errNoEDNS) {
		q.EDNS = false
		probed, err = c.probe(ctx, q, p)
	}
	if err != nil {
		return Probed{}, &Error{Op: OpSOA, Zone: apex.String(), Primary: p.Addr, Err: err}
	}
	if edns {
		c.edns.note(p, q.EDNS && probed.tolerated)
	}
	return probed, nil
}

func (c *Client) probe(ctx context.Context, q Query, p Primary) (Probed, error) {
	if p.TLS != nil || c.ProbeOver == "tcp" {
		return c.probeStream(ctx, q, p)
	}
	probed, err := c.probeDatagram(ctx, q, p)
	switch {
	case c.ProbeOver == "udp" && errors.Is(err, errTruncated):
		return Probed{}, malformed("TC, and it is not to be asked over TCP")
	case c.ProbeOver == "udp":
	case errors.Is(err, errTruncated):
		return c.probeStream(ctx, q, p)
	case ctx.Err() == nil && (errors.Is(err, ErrTimeout) || errors.Is(err, ErrNetwork) || isREFUSED(err)):
		// Something on the way may filter UDP: transfers would still work. And there are primaries (Knot, for
		// a catalog zone) that say who may have a zone over TCP only. What UDP said is what is told.
		limited, cancel := context.WithTimeout(ctx, c.probeWait())
		defer cancel()
		late, tcpErr := c.probeStream(limited, q, p)
		if tcpErr == nil || errors.Is(tcpErr, errNoEDNS) {
			return late, tcpErr
		}
	}
	return probed, err
}

func isREFUSED(err error) bool {
	var answer *RcodeError
	return errors.As(err, &answer) && answer.Rcode == dns.RcodeRefused
}

// errTruncated is an answer with TC: ask over TCP (RFC 2181 §9, RFC 7766 §5).
var errTruncated = errors.New("truncated")

func (c *Client) probeStream(ctx context.Context, q Query, p Primary) (probed Probed, err error) {
	err = c.over(ctx, p, func(l *link) error {
		probed, err = c.askStream(ctx, q, p, l)
		return err
	})
	return probed, err
}

// askStream asks over a link, and keeps or closes it.
func (c *Client) askStream(ctx context.Context, q Query, p Primary, l *link) (Probed, error) {
	start, limits, reused := time.Now(), c.limits(), l.reused
	if reused {
		limits.Idle = min(keptWait, limits.Idle)
	}
	s := newStream(ctx, l, limits, start.Add(limits.Idle))
	defer s.free()
	probed, err := q.askStream(s, p)
	if errors.Is(err, ErrTime) {
		err = ErrTimeout
	}
	if err == nil && s.in.Buffered() == s.used {
		c.Pool.put(l)
	} else {
		l.release()
	}
	if reused && blames(err) {
		return Probed{}, errStale
	}
	return probed, err
}

func (q Query) askStream(s *stream, p Primary) (Probed, error) {
	msg, verifier := p.sign(appendQuery(nil, q, nil))
	if err := s.send(msg); err != nil {
		return Probed{}, err
	}
	answer, err := s.next()
	if err != nil {
		return Probed{}, err
	}
	now := time.Now()
	if answer, err = verifier.Verify(answer, now); err != nil {
		return Probed{}, err
	}
	probed, err := q.probed(answer, now)
	if errors.Is(err, errTruncated) {
		err = malformed("TC over a stream")
	}
	probed.RTT, probed.tolerated = now.Sub(s.start), q.EDNS
	return probed, err
}

// probed is what the answer to a SOA query says; it arrived now.
func (q Query) probed(msg []byte, now time.Time) (Probed, error) {
	o, err := findOPT(msg)
	if err != nil {
		return Probed{}, err
	}
	if err := q.declined(msg, o); err != nil {
		return Probed{}, err
	}
	soa, err := q.soaAnswer(msg)
	if err != nil {
		return Probed{}, err
	}
	granted, err := o.granted(soa, now)
	return Probed{SOA: soa, Granted: granted, tolerated: o.found}, err
}
