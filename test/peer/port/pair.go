package port

import (
	"errors"
	"net"
	"strconv"
	"testing"
)

// Pair listens on host over UDP and TCP, at one port. It takes another one when somebody was faster, like the socket of
// another program's query.
func Pair(t testing.TB, host string) (udp net.PacketConn, tcp net.Listener, addr string) {
	t.Helper()
	var err error
	const tries = 5
	for range tries {
		addr = net.JoinHostPort(host, strconv.Itoa(Free(t, host)))
		if udp, tcp, err = Listen(addr); err == nil {
			return udp, tcp, addr
		}
	}
	t.Fatal(err)
	return nil, nil, ""
}

// Listen opens both sockets of an address, or neither.
func Listen(addr string) (udp net.PacketConn, tcp net.Listener, err error) {
	if udp, err = net.ListenPacket("udp", addr); err != nil {
		return nil, nil, err
	}
	if tcp, err = net.Listen("tcp", addr); err != nil {
		return nil, nil, errors.Join(err, udp.Close())
	}
	return udp, tcp, nil
}
