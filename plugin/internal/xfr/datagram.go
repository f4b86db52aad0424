package xfr

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/miekg/dns"
)

// A datagram is the SOA query over UDP. Its socket is connected, so that the kernel drops what comes from
// another address; its port is the kernel's random choice (RFC 5452 §9.2).
type datagram struct {
	ctx     context.Context
	conn    net.Conn
	primary Primary
	wait    time.Duration // for an answer to each try
	forms   []form        // of the query, in the order in which they are sent
	doubt   error         // what the last answer that was not taken looked like
	refused bool          // an answer that could not be verified may refuse EDNS
}

// A form of the query: with EDNS, or without. Both have one message ID.
type form struct {
	query    Query
	msg      []byte
	verifier *Verifier
}

func (c *Client) probeDatagram(ctx context.Context, q Query, p Primary) (Probed, error) {
	conn, err := c.dial(ctx, "udp", p)
	if err != nil {
		return Probed{}, err
	}
	defer conn.release()
	d := datagram{ctx: ctx, conn: conn, primary: p, wait: c.probeWait()}
	d.add(q)
	start := time.Now()
	for range probeTries {
		probed, err := d.try()
		if !errors.Is(err, ErrTimeout) {
			probed.RTT = time.Since(start)
			probed.tolerated = probed.tolerated || len(d.forms) == 1
			return probed, err
		}
		if d.doubt != nil && !d.refused {
			return Probed{}, d.doubt
		}
		if d.refused = false; q.EDNS {
			// Something may drop queries with EDNS. The first form is sent again, too: what it asks for counts.
			q.EDNS = false
			d.add(q)
		}
	}
	if d.doubt != nil {
		return Probed{}, d.doubt
	}
	return Probed{}, &wrapped{ErrTimeout, errors.New("no answer over UDP")}
}

func (d *datagram) add(q Query) {
	msg, verifier := d.primary.sign(appendQuery(nil, q, nil))
	d.forms = append(d.forms, form{q, msg, verifier})
}

// try sends the query, each form of it the same octets every time, so that a late answer to an earlier one
// counts too.
func (d *datagram) try() (Probed, error) {
	if err := d.conn.SetDeadline(time.Now().Add(d.wait)); err != nil {
		return Probed{}, d.failure(err)
	}
	for _, f := range d.forms {
		if _, err := d.conn.Write(f.msg); err != nil {
			return Probed{}, d.failure(err)
		}
	}
	buf := make([]byte, maxUDP)
	for {
		n, err := d.conn.Read(buf)
		if err != nil {
			return Probed{}, d.failure(err)
		}
		if probed, mine, err := d.judge(buf[:n]); mine {
			return probed, err
		}
	}
}

// maxUDP is more than udpSize, and than any answer to a query without EDNS (RFC 1035 §4.2.1); the rest of a
// longer one is lost.
const maxUDP = 4096

// judge says what a datagram answers; mine is false when anybody could have sent it. RFC 5452 §9.1: what
// does not match the query is not an answer, and waiting goes on.
func (d *datagram) judge(msg []byte) (probed Probed, mine bool, err error) {
	h, err := parseHeader(msg)
	if err != nil {
		return Probed{}, false, err
	}
	if h.id != d.forms[0].query.ID || !h.response() || h.opcode() != dns.OpcodeQuery {
		return Probed{}, false, nil
	}
	now := time.Now()
	for _, f := range d.forms {
		verified, err := f.verifier.Verify(bytes.Clone(msg), now)
		if err == nil {
			probed, err = f.query.probed(verified, now)
		}
		// RFC 8945 §5.4: an answer that fails may be forged; a right one may yet come. A malformed one likewise.
		if !errors.Is(err, ErrTSIG) && !errors.Is(err, ErrMalformed) {
			return probed, true, err
		}
		d.doubt = err
	}
	d.refused = d.refused || suspicious(h)
	return Probed{}, false, nil
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
