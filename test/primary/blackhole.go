package primary

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// BlackHoleTCP ends all connections and makes the TCP port swallow attempts from
// now on, while UDP goes on.
func (p *Primary) BlackHoleTCP(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	p.tcp.Close()
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	blackHole(t, p.conf.Addr)
}

// blackHole makes the TCP port swallow connection attempts: a listener that
// accepts nothing and whose queue is full, so that the kernel drops every SYN.
func blackHole(t testing.TB, addr string) {
	t.Helper()
	to, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil || to.IP.To4() == nil {
		t.Fatalf("a black hole needs an IPv4 address: %s, %v", addr, err)
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	// Connections of the listener before may linger.
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	sa := &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}
	if err := syscall.Bind(fd, sa); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	// The queue is full when an attempt gets no answer in good time.
	for range 16 {
		c, err := net.DialTimeout("tcp", addr, 200*time.Millisecond)
		if err != nil {
			return
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatalf("the queue of %s never fills", addr)
}
