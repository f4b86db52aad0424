package prober

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// Source are the local addresses of checks; the zero Addr leaves it to the system.
type Source struct{ V4, V6 netip.Addr }

func (s Source) of(to netip.Addr) netip.Addr {
	if to.Unmap().Is6() {
		return s.V6
	}
	return s.V4
}

// dial opens a connection; network is "udp" or "tcp".
func (s Source) dial(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	if source := s.of(to.Addr()); source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		if network == "udp" {
			d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		}
	}
	d.KeepAlive = -1 // it is closed before that would matter
	return d.DialContext(ctx, network, to.String())
}

// errnos are what the system says that is not a timeout. Faults of this host are no fault of the target.
var errnos = []struct {
	errno   syscall.Errno
	outcome Outcome
}{
	{syscall.ECONNREFUSED, Refused}, {syscall.ECONNRESET, Refused}, {syscall.EPIPE, Refused},
	{syscall.EMFILE, Local}, {syscall.ENFILE, Local}, {syscall.ENOBUFS, Local}, {syscall.ENOMEM, Local},
	{syscall.EADDRNOTAVAIL, Local}, {syscall.EADDRINUSE, Local},
}

// networkFailure is the result of a check that failed before it had an answer.
func networkFailure(ctx context.Context, err error) Result {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	for _, e := range errnos {
		if errors.Is(err, e.errno) {
			return failure(e.outcome, err)
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return failure(Malformed, err) // somebody is there, and hangs up
	}
	var n net.Error
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout() {
		return failure(Timeout, err)
	}
	return failure(Unreachable, err)
}
