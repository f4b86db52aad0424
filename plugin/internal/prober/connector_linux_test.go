package prober

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/understudy-dns/understudy/plugin/internal/health"
)

// deaf is an address where a host is, and takes no connection: the queue of the listener is full.
func deaf(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.AddrPortFrom(loopback, uint16(name.(*unix.SockaddrInet4).Port))
	for range 10 {
		conn, err := net.DialTimeout("tcp", addr.String(), 100*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("the queue is never full")
	return addr
}

// connected is what the connector says of a check.
func connected(t *testing.T, c Check, timeout time.Duration) Result {
	t.Helper()
	var k connector
	if !k.takes(c) {
		t.Fatal("the connector does not take it")
	}
	results := make(chan Result, 2)
	k.begin(c, timeout, func(r Result) { results <- r })
	for k.busy() {
		k.collect(time.Now())
	}
	if len(results) != 1 || len(k.fds) != 0 {
		t.Fatalf("%d results, %d open", len(results), len(k.fds))
	}
	return <-results
}

func TestConnector(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l6, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l6.Close()
	addr, addr6 := l.Addr().(*net.TCPAddr).AddrPort(), l6.Addr().(*net.TCPAddr).AddrPort()
	for _, c := range []struct {
		name  string
		check Check
		want  Outcome
	}{
		{"open", TCP(addr, Source{}), OK},
		{"open, and its address is written otherwise", TCP(netip.AddrPortFrom(netip.AddrFrom16(addr.Addr().As16()), addr.Port()), Source{}), OK},
		{"open, over IPv6", TCP(addr6, Source{}), OK},
		{"closed", TCP(closed(t), Source{}), Refused},
		{"from an address that is not ours", TCP(addr, Source{V4: netip.MustParseAddr("192.0.2.1")}), Local},
		{"from another one of ours", TCP(addr, Source{V4: netip.MustParseAddr("127.0.0.3")}), OK},
		{"from ours, over IPv6", TCP(addr6, Source{V6: netip.IPv6Loopback()}), OK},
		{"nobody answers", TCP(deaf(t), Source{}), Timeout},
	} {
		r := connected(t, c.check, 50*time.Millisecond)
		if wants(t, c.name, r, c.want); c.want == OK && (r.RTT <= 0 || r.RTT > time.Second || r.Took != r.RTT) {
			t.Errorf("%s: it took %s of %s", c.name, r.RTT, r.Took)
		}
	}
	if (&connector{}).takes(TCP(netip.MustParseAddrPort("[fe80::1%lo]:53"), Source{})) {
		t.Error("it takes an address of which it cannot write the zone")
	}
}

// TestHowLongAHandshakeTook leaves the results lying.
func TestHowLongAHandshakeTook(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var k connector
	var took time.Duration
	k.begin(TCP(l.Addr().(*net.TCPAddr).AddrPort(), Source{}), time.Minute, func(r Result) { took = r.RTT })
	k.collect(time.Now().Add(30 * time.Second))
	if took <= 0 || took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestTheConnectorStops while a check runs.
func TestTheConnectorStops(t *testing.T) {
	p := New(Options{})
	w := Watch{User: "u", Check: TCP(deaf(t), Source{}), Params: health.Defaults()}
	if err := p.Configure([]Watch{w}); err != nil {
		t.Fatal(err)
	}
	for begun := false; !begun; {
		p.mu.Lock()
		begun = p.running == 1 && len(p.connects) == 0
		p.mu.Unlock()
	}
	p.Close()
	if s, ok := p.State("u", w.Check.Key()); !ok || s.Failures != 0 || p.connector.busy() || len(p.connector.fds) != 0 {
		t.Errorf("%+v, %d open", s, len(p.connector.fds))
	}
	var k connector
	k.begin(w.Check, time.Minute, func(r Result) { wants(t, "stopped", r, Stopped) })
	k.stop()
	if k.busy() {
		t.Error("something is open")
	}
}

// A socket may be connected to itself, where nobody listens.
func TestASocketThatIsConnectedToItself(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, name); err != nil {
		t.Fatal(err)
	}
	wants(t, "to itself", handshake(fd, time.Second), Refused)
}
