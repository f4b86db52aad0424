package notify

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// socketBuffer is the room for answers that is asked of the system, in octets; it may give less.
	socketBuffer = 1 << 20
	// maxAnswer is more than any answer to a NOTIFY, in octets; the rest of a longer one is lost.
	maxAnswer = 4096
	// sendLimit is how long a datagram may wait for room in the socket.
	sendLimit = 100 * time.Millisecond
)

// sockets are the UDP sockets, one a local address. They are opened when they are needed and closed when
// nothing is waited for: so the port is another one each time, and unpredictable (RFC 5452 §9.2).
type sockets struct {
	received func(local netip.Addr, from netip.AddrPort, msg []byte)
	open     map[netip.Addr]*net.UDPConn
	readers  sync.WaitGroup
}

func newSockets(received func(netip.Addr, netip.AddrPort, []byte)) *sockets {
	return &sockets{received: received, open: make(map[netip.Addr]*net.UDPConn)}
}

func (s *sockets) send(msg []byte, local netip.Addr, to netip.AddrPort) error {
	conn, err := s.socket(local)
	if err != nil {
		return err
	}
	if err := conn.SetWriteDeadline(time.Now().Add(sendLimit)); err != nil {
		return err
	}
	_, err = conn.WriteToUDPAddrPort(msg, to)
	return err
}

func (s *sockets) socket(local netip.Addr) (*net.UDPConn, error) {
	if conn, ok := s.open[local]; ok {
		return conn, nil
	}
	network := "udp6"
	if local.Is4() {
		network = "udp4"
	}
	var config net.ListenConfig
	opened, err := config.ListenPacket(context.Background(), network, netip.AddrPortFrom(local, 0).String())
	if err != nil {
		return nil, err
	}
	conn := opened.(*net.UDPConn)
	_ = conn.SetReadBuffer(socketBuffer) // the slots suit what there is without it
	s.open[local] = conn
	s.readers.Go(func() { s.read(conn, local) })
	return conn, nil
}

// read reads until the socket is closed.
func (s *sockets) read(conn *net.UDPConn, local netip.Addr) {
	buf := make([]byte, maxAnswer)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case err == nil:
			s.received(local, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), buf[:n])
		case errors.Is(err, net.ErrClosed):
			return
		}
	}
}

func (s *sockets) idle() {
	for local, conn := range s.open {
		_ = conn.Close() // it held nothing that could be lost
		delete(s.open, local)
	}
}

func (s *sockets) close() {
	s.idle()
	s.readers.Wait()
}
