// Package port hands out ports that are free for UDP and for TCP.
//
// A port is reserved by a lock on a file, held until the test process ends, so
// that test packages that run in parallel never get the same one, and so that a
// server that was killed gets its port back. Ports lie below the range from
// which the kernel takes those of outgoing connections.
package port

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

const (
	lowest  = 10000
	highest = 32000
)

// Free returns a port that nobody uses on host, ends the test if there is none.
func Free(t testing.TB, host string) int {
	t.Helper()
	for range 200 {
		p := lowest + rand.IntN(highest-lowest)
		release, ok := reserve(p)
		if !ok {
			continue
		}
		if !unused(host, p) {
			release()
			continue
		}
		t.Cleanup(release)
		return p
	}
	t.Fatalf("no free port on %s", host)
	return 0
}

// Addr is Free in the form "ip:port".
func Addr(t testing.TB, host string) string {
	t.Helper()
	return net.JoinHostPort(host, strconv.Itoa(Free(t, host)))
}

// reserve takes the lock of a port; the kernel drops it if the process dies.
func reserve(p int) (release func(), ok bool) {
	dir := filepath.Join(os.TempDir(), "understudy-ports")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, false
	}
	f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(p)), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, false
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		f.Close()
		return nil, false
	}
	return func() { f.Close() }, true
}

// unused says whether both transports of the port can be bound. No program is started meanwhile: between its fork and
// its exec it would have the listening socket, and the port would not be free when this returns.
func unused(host string, p int) bool {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	addr := net.JoinHostPort(host, fmt.Sprint(p))
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	defer l.Close()
	c, err := net.ListenPacket("udp", addr)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
