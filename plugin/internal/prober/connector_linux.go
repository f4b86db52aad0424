package prober

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// connector makes connections without waiting for them, and closes them when they stand. Many checks of TCP cost little
// more than one that way: what costs is to be woken. It belongs to the goroutine that calls it.
//
// How long a handshake took is asked of the kernel, so that nobody has to look at the moment when it is over.
type connector struct {
	open []connection
	fds  []unix.PollFd // of the open ones, in the same order
}

type connection struct {
	begun, end time.Time
	finish     func(Result)
}

// takes says that the connector can do the check.
func (*connector) takes(c Check) bool {
	t, ok := c.(*tcp)
	return ok && t.key.Addr.Addr().Zone() == ""
}

// begin begins a check that the connector takes. finish is called by begin or by collect.
func (c *connector) begin(check Check, timeout time.Duration, finish func(Result)) {
	t := check.(*tcp)
	now := time.Now()
	fd, err := connect(t.key.Addr, t.source.of(t.key.Addr.Addr()))
	if err != nil {
		finish(networkFailure(context.Background(), t.failed(err)))
		return
	}
	c.fds = append(c.fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}) // #nosec G115 -- descriptors are ints of C
	c.open = append(c.open, connection{now, now.Add(timeout), func(r Result) {
		if r.Err != nil {
			r.Err = t.failed(r.Err)
		}
		finish(r)
	}})
}

// failed is the error as package net would write it.
func (c *tcp) failed(err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(c.key.Addr), Err: err}
}

// connect begins to make a connection.
func connect(to netip.AddrPort, from netip.Addr) (fd int, err error) {
	family := unix.AF_INET
	if to.Addr().Unmap().Is6() {
		family = unix.AF_INET6
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	if err = bind(fd, from); err == nil {
		err = os.NewSyscallError("connect", unix.Connect(fd, socketAddress(to)))
	}
	if err == nil || errors.Is(err, syscall.EINPROGRESS) {
		return fd, nil
	}
	return 0, errors.Join(err, unix.Close(fd))
}

// bind sets the local address; a port is chosen when it is known with whom, so that there are enough of them.
func bind(fd int, from netip.Addr) error {
	if !from.IsValid() {
		return nil
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	return os.NewSyscallError("bind", unix.Bind(fd, socketAddress(netip.AddrPortFrom(from, 0))))
}

func socketAddress(a netip.AddrPort) unix.Sockaddr {
	if ip := a.Addr().Unmap(); ip.Is4() {
		return &unix.SockaddrInet4{Addr: ip.As4(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}
}

// busy says that there is something to collect.
func (c *connector) busy() bool { return len(c.open) > 0 }

// ends is when the first check runs out of time.
func (c *connector) ends() (at time.Time) {
	for i, o := range c.open {
		if i == 0 || o.end.Before(at) {
			at = o.end
		}
	}
	return at
}

// collect ends the checks of which the result is known by now. It does not wait.
func (c *connector) collect(now time.Time) {
	if len(c.open) == 0 {
		return
	}
	if _, err := unix.Poll(c.fds, 0); err != nil {
		return // EINTR: the next time
	}
	c.end(func(i int) (Result, bool) {
		switch o := c.open[i]; {
		case c.fds[i].Revents != 0:
			return handshake(int(c.fds[i].Fd), now.Sub(o.begun)), true
		case !now.Before(o.end):
			return failure(Timeout, errors.New("no answer in time")), true
		}
		return Result{}, false
	})
}

// stop ends all checks.
func (c *connector) stop() {
	c.end(func(int) (Result, bool) { return failure(Stopped, context.Canceled), true })
}

// end ends those checks that result is known of.
func (c *connector) end(result func(i int) (Result, bool)) {
	open, fds := c.open[:0], c.fds[:0]
	for i, o := range c.open {
		r, ended := result(i)
		if !ended {
			open, fds = append(open, o), append(fds, c.fds[i])
			continue
		}
		_ = unix.Close(int(c.fds[i].Fd)) // nothing was written
		o.finish(r)
	}
	clear(c.open[len(open):])
	c.open, c.fds = open, fds
}

// toItself says that a socket is connected to itself: on this host, where nobody listens, the port may be the one that was
// chosen for us (RFC 9293 §3.5, simultaneous open).
func toItself(fd int) bool {
	ours, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	theirs, err := unix.Getpeername(fd)
	return err == nil && same(ours, theirs)
}

func same(a, b unix.Sockaddr) bool {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		b, ok := b.(*unix.SockaddrInet4)
		return ok && a.Addr == b.Addr && a.Port == b.Port
	case *unix.SockaddrInet6:
		b, ok := b.(*unix.SockaddrInet6)
		return ok && a.Addr == b.Addr && a.Port == b.Port
	}
	return false
}

// handshake is the result of one that is over, for better or worse. What the kernel measured counts, but if the first
// segment was lost: then it is the whole.
func handshake(fd int, elapsed time.Duration) Result {
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && errno != 0 {
		err = os.NewSyscallError("connect", syscall.Errno(errno))
	}
	if err == nil && toItself(fd) {
		err = os.NewSyscallError("connect", syscall.ECONNREFUSED)
	}
	if err != nil {
		return networkFailure(context.Background(), err)
	}
	r := Result{Outcome: OK, RTT: elapsed}
	if info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO); err == nil && info.Rtt > 0 && info.Total_retrans == 0 {
		r.RTT = min(elapsed, time.Duration(info.Rtt)*time.Microsecond)
	}
	r.Took = r.RTT
	return r
}
