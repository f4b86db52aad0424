package xfr

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Primary is one address to ask. It is comparable, and identifies the primary in maps.
type Primary struct {
	Addr netip.AddrPort
	Key  *Key // signs every query; nil: unsigned
	TLS  *TLS // XFR over TLS (RFC 9103), and never anything else; nil: clear text
}

// Client asks primaries. The zero Client is ready to use. It is safe for concurrent use, and its fields are
// not changed after the first use.
type Client struct {
	Limits Limits
	// Source4 and Source6 are the local addresses of queries; the zero Addr leaves it to the system.
	Source4, Source6 netip.Addr
	// Dial opens a connection; network is "udp" or "tcp". nil: the system's network. It returns what TLS is
	// spoken over, not TLS itself.
	Dial func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error)
	// Pool keeps connections over TCP and TLS between conversations; nil: each has its own.
	Pool *Pool
	// ProbeWait is how long an answer to each try of a SOA check is waited for; 0: 1.5 s.
	ProbeWait time.Duration
	// ProbeOver is "udp" or "tcp" where a SOA check is to use no other one; empty: UDP, and TCP after it.
	ProbeOver string

	edns tolerance
}

func (c *Client) limits() Limits { return c.Limits.withDefaults() }

func (c *Client) probeWait() time.Duration {
	if c.ProbeWait > 0 {
		return c.ProbeWait
	}
	return probeWait
}

// dial opens a connection to p within the connect limit. It closes as soon as ctx ends.
func (c *Client) dial(ctx context.Context, network string, p Primary) (*link, error) {
	limited, cancel := context.WithTimeout(ctx, c.limits().Connect)
	defer cancel()
	open := c.Dial
	if open == nil {
		open = c.system
	}
	raw, err := open(limited, network, p.Addr)
	if err != nil {
		return nil, dialError(ctx, err)
	}
	l := &link{Conn: raw, raw: raw}
	if p.TLS != nil {
		if l.Conn, err = p.TLS.handshake(limited, raw, p.Addr.Addr()); err != nil {
			raw.Close()
			return nil, dialError(ctx, err)
		}
	}
	l.watch(ctx)
	return l, nil
}

// over has a conversation with p over a connection that was kept, if there is one and it still works, else over a new
// one. converse keeps or closes the link; its error is errStale when the link, and not the primary, is to blame.
func (c *Client) over(ctx context.Context, p Primary, converse func(*link) error) error {
	k := c.peer(p)
	if l := c.Pool.take(k); l != nil {
		l.watch(ctx)
		if err := converse(l); !errors.Is(err, errStale) {
			return err
		}
	}
	l, err := c.dial(ctx, "tcp", p)
	if err != nil {
		return err
	}
	l.peer = k
	return converse(l)
}

// errStale is a kept connection that says nothing any more, or something else.
var errStale = errors.New("stale connection")

// blames says whether an error before the first message of a reply may be that of a kept connection.
func blames(err error) bool {
	return errors.Is(err, ErrNetwork) || errors.Is(err, ErrTimeout) || errors.Is(err, ErrMalformed) || errors.Is(err, ErrTSIG)
}

func (c *Client) peer(p Primary) peer {
	return peer{p.Addr, p.TLS, p.TLS.shown(), c.sourceFor(p.Addr)}
}

func (c *Client) sourceFor(to netip.AddrPort) netip.Addr {
	if to.Addr().Unmap().Is6() {
		return c.Source6
	}
	return c.Source4
}

// system dials with the source address of the family.
func (c *Client) system(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	if source := c.sourceFor(to); source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		if network == "udp" {
			d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		}
	}
	d.KeepAlive = -1 // the idle limit is stricter, and a system call is saved
	return d.DialContext(ctx, network, to.String())
}

// localFaults are the errors of connect and bind for which no primary is to blame.
var localFaults = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE,
}

func dialError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	for _, fault := range localFaults {
		if errors.Is(err, fault) {
			return &wrapped{ErrLocal, err}
		}
	}
	return &wrapped{ErrConnect, err}
}

func stopped(ctx context.Context) error { return &wrapped{ErrStopped, context.Cause(ctx)} }

// wrapped is an error of the system under the sentinel of its decision.
type wrapped struct{ sentinel, cause error }

func (w *wrapped) Error() string   { return w.sentinel.Error() + ": " + w.cause.Error() }
func (w *wrapped) Unwrap() []error { return []error{w.sentinel, w.cause} }
