package xfr

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A SOA query is sent over UDP probeTries times, and then once over TCP; each time, an answer is waited for
// as long as probeWait.
const (
	probeTries = 2
	probeWait  = 1500 * time.Millisecond
)

// Probed is what a primary says of its version.
type Probed struct {
	SOA zone.SOA
	// RTT is the time from the first query to the answer. Lost datagrams make it longer: they count.
	RTT time.Duration
}

// Probe asks a primary for the zone's SOA: over UDP, over TCP when that answer is truncated or REFUSED or there
// is none, over TLS alone when the primary has it. The error is an *Error.
func (c *Client) Probe(ctx context.Context, apex owner.Name, p Primary) (Probed, error) {
	q := Query{ID: newID(), Apex: apex, Type: dns.TypeSOA}
	var soa zone.SOA
	var rtt time.Duration
	err := errTruncated
	if p.TLS == nil {
		soa, rtt, err = c.probeDatagram(ctx, q, p)
	}
	switch {
	case errors.Is(err, errTruncated):
		soa, rtt, err = c.probeStream(ctx, q, p)
	case ctx.Err() == nil && (errors.Is(err, ErrTimeout) || errors.Is(err, ErrNetwork) || isREFUSED(err)):
		// Something on the way may filter UDP: transfers would still work. And there are primaries (Knot, for
		// a catalog zone) that say who may have a zone over TCP only. What UDP said is what is told.
		limited, cancel := context.WithTimeout(ctx, probeWait)
		defer cancel()
		if late, after, tcpErr := c.probeStream(limited, q, p); tcpErr == nil {
			soa, rtt, err = late, after, nil
		}
	}
	if err != nil {
		return Probed{}, &Error{Op: OpSOA, Zone: apex.String(), Primary: p.Addr, Err: err}
	}
	return Probed{SOA: soa, RTT: rtt}, nil
}

func isREFUSED(err error) bool {
	var answer *RcodeError
	return errors.As(err, &answer) && answer.Rcode == dns.RcodeRefused
}

// errTruncated is an answer with TC: ask over TCP (RFC 2181 §9, RFC 7766 §5).
var errTruncated = errors.New("truncated")

func (c *Client) probeStream(ctx context.Context, q Query, p Primary) (zone.SOA, time.Duration, error) {
	limits := c.limits()
	conn, err := c.dial(ctx, "tcp", p)
	if err != nil {
		return zone.SOA{}, 0, err
	}
	defer conn.release()
	start := time.Now()
	s := newStream(ctx, conn, limits, start.Add(limits.Idle))
	defer s.free()
	msg, verifier := p.sign(appendQuery(nil, q, nil))
	if err := s.send(msg); err != nil {
		return zone.SOA{}, 0, err
	}
	answer, err := s.next()
	if errors.Is(err, ErrTime) {
		err = ErrTimeout
	}
	if err != nil {
		return zone.SOA{}, 0, err
	}
	rtt := time.Since(start)
	if answer, err = verifier.Verify(answer, time.Now()); err != nil {
		return zone.SOA{}, 0, err
	}
	soa, err := q.soaAnswer(answer)
	if errors.Is(err, errTruncated) {
		err = malformed("TC over a stream")
	}
	return soa, rtt, err
}

// A datagram is the SOA query over UDP. Its socket is connected, so that the kernel drops what comes from
// another address; its port is the kernel's random choice (RFC 5452 §9.2).
type datagram struct {
	ctx      context.Context
	conn     net.Conn
	query    Query
	asked    []byte
	verifier *Verifier
	doubt    error // what the last answer that was not taken looked like
}

func (c *Client) probeDatagram(ctx context.Context, q Query, p Primary) (zone.SOA, time.Duration, error) {
	conn, err := c.dial(ctx, "udp", p)
	if err != nil {
		return zone.SOA{}, 0, err
	}
	defer conn.release()
	d := datagram{ctx: ctx, conn: conn, query: q}
	d.asked, d.verifier = p.sign(appendQuery(nil, q, nil))
	start := time.Now()
	for range probeTries {
		soa, err := d.try()
		if !errors.Is(err, ErrTimeout) {
			return soa, time.Since(start), err
		}
		if d.doubt != nil {
			return zone.SOA{}, 0, d.doubt
		}
	}
	return zone.SOA{}, 0, &wrapped{ErrTimeout, errors.New("no answer over UDP")}
}

// try sends the query, the same octets every time, so that a late answer to an earlier one counts too.
func (d *datagram) try() (zone.SOA, error) {
	if err := d.conn.SetDeadline(time.Now().Add(probeWait)); err != nil {
		return zone.SOA{}, d.failure(err)
	}
	if _, err := d.conn.Write(d.asked); err != nil {
		return zone.SOA{}, d.failure(err)
	}
	buf := make([]byte, maxUDP)
	for {
		n, err := d.conn.Read(buf)
		if err != nil {
			return zone.SOA{}, d.failure(err)
		}
		if soa, mine, err := d.judge(buf[:n]); mine {
			return soa, err
		}
	}
}

// maxUDP is more than any answer to a query without EDNS (RFC 1035 §4.2.1); the rest of a longer one is lost.
const maxUDP = 4096

// judge says what a datagram answers; mine is false when anybody could have sent it. RFC 5452 §9.1: what
// does not match the query is not an answer, and waiting goes on.
func (d *datagram) judge(msg []byte) (soa zone.SOA, mine bool, err error) {
	h, err := parseHeader(msg)
	if err != nil {
		return zone.SOA{}, false, err
	}
	if h.id != d.query.ID || !h.response() || h.opcode() != dns.OpcodeQuery {
		return zone.SOA{}, false, nil
	}
	verified, err := d.verifier.Verify(bytes.Clone(msg), time.Now())
	if err == nil {
		soa, err = d.query.soaAnswer(verified)
	}
	// RFC 8945 §5.4: an answer that fails may be forged; a right one may yet come. A malformed one likewise.
	if errors.Is(err, ErrTSIG) || errors.Is(err, ErrMalformed) {
		d.doubt = err
		return zone.SOA{}, false, nil
	}
	return soa, true, err
}

func (d *datagram) failure(err error) error {
	switch {
	case d.ctx.Err() != nil:
		return stopped(d.ctx)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ErrTimeout
	}
	return &wrapped{ErrNetwork, err}
}
