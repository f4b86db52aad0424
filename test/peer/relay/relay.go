// Package relay stands between a secondary and a real primary, so that a test can stop a transfer at an
// octet of its choice: no daemon does that by itself.
package relay

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer/port"
)

// Relay passes UDP and TCP on to a server.
type Relay struct {
	addr, to string
	done     sync.WaitGroup

	mu    sync.Mutex
	after int64         // octets that a connection passes before it is held
	gate  chan struct{} // nil: connections are not held
	held  chan struct{} // gets a value for each connection that is held
	open  map[net.Conn]bool
}

// Start starts a relay on 127.0.0.1. It ends with the test.
func Start(t testing.TB, to string) *Relay {
	t.Helper()
	udp, tcp, addr := port.Pair(t, "127.0.0.1")
	r := &Relay{addr: addr, to: to, held: make(chan struct{}, 100), open: map[net.Conn]bool{}}
	r.done.Go(func() { r.datagrams(udp) })
	r.done.Go(func() { r.connections(tcp) })
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		r.Release()
		r.done.Wait()
	})
	return r
}

// Addr is "ip:port", for UDP and TCP.
func (r *Relay) Addr() string { return r.addr }

// HoldAfter makes every connection from now on stop when it has passed n octets of the server's, until Release. Those
// that are there end: a secondary may keep one for its next transfer.
func (r *Relay) HoldAfter(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.after, r.gate = n, make(chan struct{})
	for c := range r.open {
		c.Close()
	}
}

func (r *Relay) note(c net.Conn, open bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if open {
		r.open[c] = true
	} else {
		delete(r.open, c)
	}
}

// WaitHeld waits until a connection is held.
func (r *Relay) WaitHeld(t testing.TB) {
	t.Helper()
	ask.Until(t, "the relay holds a connection", func() error {
		select {
		case <-r.held:
			return nil
		default:
			return net.ErrClosed
		}
	})
}

// Release passes on what was held, and all that comes after it.
func (r *Relay) Release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gate != nil {
		close(r.gate)
		r.gate = nil
	}
}

func (r *Relay) holding() (after int64, gate chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.after, r.gate
}

// datagrams passes one query after the other on.
func (r *Relay) datagrams(c net.PacketConn) {
	buf := make([]byte, dns.MaxMsgSize)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return // closed
		}
		m := new(dns.Msg)
		if m.Unpack(buf[:n]) != nil {
			continue
		}
		reply, err := dns.Exchange(m, r.to)
		if err != nil {
			continue // the server is silent, and so are we
		}
		if raw, err := reply.Pack(); err == nil {
			c.WriteTo(raw, from)
		}
	}
}

func (r *Relay) connections(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return // closed
		}
		r.done.Go(func() { r.connection(c.(*net.TCPConn)) })
	}
}

// connection passes octets both ways until either side ends.
func (r *Relay) connection(client *net.TCPConn) {
	defer client.Close()
	r.note(client, true)
	defer r.note(client, false)
	c, err := net.Dial("tcp", r.to)
	if err != nil {
		return
	}
	server := c.(*net.TCPConn)
	defer server.Close()
	server.SetReadBuffer(4 << 10) // what is held must not be in a buffer of ours
	r.done.Go(func() {
		io.Copy(server, client)
		server.CloseWrite()
	})
	if after, gate := r.holding(); gate != nil {
		if n, err := io.CopyN(client, server, after); n < after || err != nil {
			return
		}
		r.held <- struct{}{}
		<-gate
	}
	io.Copy(client, server)
}
