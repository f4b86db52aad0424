package xfr

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// An act is what a scripted primary does when it was asked.
type act func(t testing.TB, conn net.Conn, query []byte)

// A scripted primary answers each query by the act for its type, over TCP on 127.0.0.1. Without an act it
// hangs up.
type scripted struct {
	primary Primary
	on      map[uint16]act
	mu      sync.Mutex
	asked   []string
}

func serve(t testing.TB, on map[uint16]act) *scripted {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{on: on}
	s.primary.Addr = listener.Addr().(*net.TCPAddr).AddrPort()
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { s.talk(t, conn) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	return s
}

func (s *scripted) talk(t testing.TB, conn net.Conn) {
	defer conn.Close()
	query, err := readFramed(conn)
	if err != nil {
		return
	}
	var m dns.Msg
	if err := m.Unpack(query); err != nil {
		t.Errorf("query: %v", err)
		return
	}
	text := dns.TypeToString[m.Question[0].Qtype]
	for _, rr := range m.Ns {
		text += fmt.Sprintf(" from %d", rr.(*dns.SOA).Serial)
	}
	s.mu.Lock()
	s.asked = append(s.asked, text)
	s.mu.Unlock()
	if do := s.on[m.Question[0].Qtype]; do != nil {
		do(t, conn, query)
	}
}

func readFramed(conn net.Conn) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	msg := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(conn, msg)
	return msg, err
}

func framed(msg []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...)
}

func idOf(query []byte) uint16 { return binary.BigEndian.Uint16(query) }

func typeOf(query []byte) uint16 {
	return binary.BigEndian.Uint16(query[headerLen+len(apex):])
}

// say answers with messages and leaves the connection open until the client closes it.
func say(list ...string) act {
	return func(t testing.TB, conn net.Conn, query []byte) {
		sayThen(list...)(t, conn, query)
		_, _ = io.Copy(io.Discard, conn)
	}
}

// sayThen answers with messages and closes.
func sayThen(list ...string) act {
	return func(t testing.TB, conn net.Conn, query []byte) {
		for _, msg := range messages(t, idOf(query), typeOf(query), list...) {
			if _, err := conn.Write(framed(msg)); err != nil {
				return // the client has seen enough
			}
		}
	}
}

// sayReset answers with messages and resets the connection.
func sayReset(list ...string) act {
	return func(t testing.TB, conn net.Conn, query []byte) {
		sayThen(list...)(t, conn, query)
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
}

// fail answers with an RCODE.
func fail(rcode int) act {
	return func(t testing.TB, conn net.Conn, query []byte) {
		m := replyMsg(t, idOf(query), typeOf(query))
		m.Rcode = rcode
		_, _ = conn.Write(framed(pack(t, m)))
	}
}

// raw writes octets.
func raw(octets ...byte) act {
	return func(_ testing.TB, conn net.Conn, _ []byte) { _, _ = conn.Write(octets) }
}

// closedPort is an address on which nobody listens.
func closedPort(t testing.TB) netip.AddrPort {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return addr
}
