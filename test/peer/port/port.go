// Package port hands out ports that are free for UDP and for TCP.
//
// A port is reserved by a lock on a file, held until the test process ends, so
// that test packages that run in parallel never get the same one, and so that a
// server that was killed gets its port back. Ports lie outside the range from
// which the kernel takes those of outgoing connections and queries.
package port

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// span is a range of ports, both ends among them.
type span struct{ lowest, highest int }

// usual lies below the range that Linux gives to outgoing sockets when nobody has changed it.
var usual = span{10000, 32000}

// ports is where Free looks.
var ports = sync.OnceValue(func() span {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usual
	}
	return beside(string(text))
})

// beside returns the ports to use beside those of outgoing sockets, given as the kernel prints them: those below where
// there are enough, else those above.
func beside(outgoing string) span {
	var low, high int
	if _, err := fmt.Sscan(outgoing, &low, &high); err != nil {
		return usual
	}
	const enough = 4000
	below, above := span{5000, min(low-1, usual.highest)}, span{high + 1, 65535}
	switch {
	case low > usual.highest:
		return usual
	case below.highest-below.lowest >= enough:
		return below
	case above.highest-above.lowest >= enough:
		return above
	}
	return usual
}

// Free returns a port that nobody uses on host, ends the test if there is none.
func Free(t testing.TB, host string) int {
	t.Helper()
	where := ports()
	for range 200 {
		p := where.lowest + rand.IntN(where.highest-where.lowest+1)
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
