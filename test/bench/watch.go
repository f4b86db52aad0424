package main

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

// A watch asks one question over and over, until the answer is the wanted one. It uses the socket without
// the Go runtime's poller and sleeps without its timers: both would add more than the 50 µs between two
// looks. One goroutine uses it, and stays on its thread.
type watch struct {
	fd    int
	query []byte
	buf   [4096]byte
	ended func() bool // says whether the server has
}

// answerWait is how long an answer may take before the question is put again: servers that start or that
// are busy lose some.
const answerWait = 20 * time.Millisecond

func newWatch(addr, name string, qtype uint16) (*watch, error) {
	m := new(dns.Msg).SetQuestion(name, qtype)
	m.RecursionDesired = false
	query, err := m.Pack()
	if err != nil {
		return nil, err
	}
	fd, err := socket(addr)
	if err != nil {
		return nil, err
	}
	timeout := syscall.NsecToTimeval(int64(answerWait))
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	return &watch{fd: fd, query: query, ended: func() bool { return false }}, nil
}

// socket is a UDP socket that is connected to an address of IPv4, and comes from 127.0.0.1.
func socket(addr string) (int, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	from := &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	err = syscall.Bind(fd, from)
	if err == nil {
		err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	}
	if err != nil {
		syscall.Close(fd)
		return 0, err
	}
	return fd, nil
}

func (w *watch) close() { syscall.Close(w.fd) }

// ask asks once. Nil means that no answer came.
func (w *watch) ask() *dns.Msg {
	if _, err := syscall.Write(w.fd, w.query); err != nil {
		return nil // nobody listens yet
	}
	n, err := syscall.Read(w.fd, w.buf[:])
	if err != nil {
		return nil
	}
	m := new(dns.Msg)
	if m.Unpack(w.buf[:n]) != nil {
		return nil
	}
	return m
}

// until asks every so often until good is content, and returns when that answer was there.
func (w *watch) until(good func(*dns.Msg) bool, every, bound time.Duration) (time.Time, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	preciseSleep()
	deadline := time.Now().Add(bound)
	var last *dns.Msg
	for {
		m := w.ask()
		now := time.Now()
		if m != nil {
			if last = m; good(m) {
				return now, nil
			}
		}
		if now.After(deadline) {
			return now, fmt.Errorf("not within %s; the last answer was %v", bound, last)
		}
		if m == nil && w.ended() {
			return now, errors.New("the server has ended")
		}
		nap := syscall.NsecToTimespec(int64(every))
		syscall.Nanosleep(&nap, nil)
	}
}

// preciseSleep takes away the 50 µs by which the kernel may prolong the sleep of a thread.
func preciseSleep() {
	const setTimerSlack = 29
	syscall.RawSyscall(syscall.SYS_PRCTL, setTimerSlack, 1, 0)
}

// address says whether an answer is authoritative and has this address.
func address(want string) func(*dns.Msg) bool {
	return func(m *dns.Msg) bool {
		a, ok := onlyAddress(m)
		return ok && a.A.String() == want
	}
}

// anyAddress says whether an answer is authoritative and has one address.
func anyAddress(m *dns.Msg) bool {
	_, ok := onlyAddress(m)
	return ok
}

func onlyAddress(m *dns.Msg) (*dns.A, bool) {
	if m.Rcode != dns.RcodeSuccess || !m.Authoritative || len(m.Answer) != 1 {
		return nil, false
	}
	a, ok := m.Answer[0].(*dns.A)
	return a, ok
}
