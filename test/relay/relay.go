// Package relay is what stands before a name server in tests of TLS: it ends TLS for one that does not speak
// it, or passes it on, and it tells TLS from clear text.
//
//	r := relay.Start(t, relay.Config{To: knot.Addr(), TLS: &tls.Config{…}, Clear: knot.Addr()})
//	r.Addr()     // "ip:port", for TCP and UDP
//	r.Secured()  // connections that began with TLS
//	r.InClear()  // what came without, and was answered all the same
package relay

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/peer/port"
)

// Config is what a relay is told at its start.
type Config struct {
	// Addr is "ip:port"; a free port of 127.0.0.1 when empty.
	Addr string
	// To is where connections lead that begin with TLS.
	To string
	// TLS is how the relay ends it; nil: it is passed on as it is.
	TLS *tls.Config
	// Clear answers in clear text, over UDP and TCP: whoever falls back to it is served. Nothing does when empty.
	Clear string
}

// Relay is running until its test ends.
type Relay struct {
	conf Config
	tcp  net.Listener
	udp  net.PacketConn

	mu      sync.Mutex
	conns   map[net.Conn]bool // nil when it ends
	secured int
	clear   []string
	running sync.WaitGroup
}

// Start starts a relay. It ends with the test.
func Start(t testing.TB, c Config) *Relay {
	t.Helper()
	r := &Relay{conf: c, conns: map[net.Conn]bool{}}
	var err error
	if c.Addr == "" {
		r.udp, r.tcp, r.conf.Addr = port.Pair(t, "127.0.0.1")
	} else if r.udp, r.tcp, err = port.Listen(c.Addr); err != nil {
		t.Fatal(err)
	}
	r.running.Go(r.accept)
	r.running.Go(r.datagrams)
	t.Cleanup(r.close)
	return r
}

// Addr is "ip:port", for UDP and TCP.
func (r *Relay) Addr() string { return r.conf.Addr }

// Secured is how many connections began with TLS.
func (r *Relay) Secured() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.secured
}

// InClear is what came without TLS: a line each.
func (r *Relay) InClear() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.clear...)
}

func (r *Relay) accept() {
	for {
		conn, err := r.tcp.Accept()
		if err != nil {
			return // closed
		}
		if !r.adopt(conn) {
			conn.Close()
			return
		}
		r.running.Go(func() {
			defer r.disown(conn)
			r.serve(conn)
		})
	}
}

// adopt lists a connection, so that close can end it.
func (r *Relay) adopt(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conns == nil {
		return false
	}
	r.conns[c] = true
	return true
}

func (r *Relay) disown(c net.Conn) {
	c.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
}

// handshakeRecord is the first octet of TLS (RFC 8446 §5.1). In clear text it would begin a message of more
// than 5,632 octets, which no query here is.
const handshakeRecord = 22

func (r *Relay) serve(conn net.Conn) {
	first := &peeked{conn, bufio.NewReader(conn)}
	octet, err := first.in.Peek(1)
	if err != nil {
		return // nothing was asked
	}
	if octet[0] != handshakeRecord {
		r.note("a connection from %s", conn.RemoteAddr())
		r.pass(first, r.conf.Clear)
		return
	}
	r.mu.Lock()
	r.secured++
	r.mu.Unlock()
	if r.conf.TLS == nil {
		r.pass(first, r.conf.To)
		return
	}
	ended := tls.Server(first, r.conf.TLS)
	if ended.HandshakeContext(context.Background()) == nil {
		r.pass(ended, r.conf.To)
	}
}

func (r *Relay) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear = append(r.clear, fmt.Sprintf(format, args...))
}

// pass copies both ways until either side ends.
func (r *Relay) pass(from net.Conn, addr string) {
	to, err := net.Dial("tcp", addr)
	if err != nil || !r.adopt(to) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		io.Copy(from, to)
		from.Close()
	})
	io.Copy(to, from)
	r.disown(to)
	back.Wait()
}

// datagrams notes what comes over UDP, and has it answered.
func (r *Relay) datagrams() {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := r.udp.ReadFrom(buf)
		if err != nil {
			return // closed
		}
		r.note("a datagram from %s", from)
		to, err := net.Dial("udp", r.conf.Clear)
		if err != nil {
			continue
		}
		to.SetDeadline(time.Now().Add(time.Second))
		to.Write(buf[:n])
		if n, err = to.Read(buf); err == nil {
			r.udp.WriteTo(buf[:n], from)
		}
		to.Close()
	}
}

func (r *Relay) close() {
	r.tcp.Close()
	r.udp.Close()
	r.mu.Lock()
	for c := range r.conns {
		c.Close()
	}
	r.conns = nil
	r.mu.Unlock()
	r.running.Wait()
}

// peeked is a connection of which something was read already.
type peeked struct {
	net.Conn
	in *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.in.Read(b) }
