package primary

import (
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/peer/port"
)

// listen opens the sockets, on a port of its choice if the test named none, and starts one goroutine each.
func (p *Primary) listen(t testing.TB) {
	t.Helper()
	if p.conf.Addr != "" {
		if err := p.open(); err != nil {
			t.Fatal(err)
		}
	} else {
		p.openAnywhere(t)
	}
	p.running.Add(1)
	go p.serveUDP()
	switch p.conf.TCP {
	case Serving:
		p.running.Add(1)
		go p.serveTCP()
	case BlackHole:
		blackHole(t, p.conf.Addr)
	}
}

// openAnywhere takes another port when somebody, like the socket of another program's query, was faster.
func (p *Primary) openAnywhere(t testing.TB) {
	t.Helper()
	var err error
	for range 5 {
		p.conf.Addr = port.Addr(t, "127.0.0.1")
		if err = p.open(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// open opens both sockets or neither.
func (p *Primary) open() error {
	addr, err := net.ResolveUDPAddr("udp", p.conf.Addr)
	if err != nil {
		return err
	}
	if p.udp, err = net.ListenUDP("udp", addr); err != nil {
		return err
	}
	if p.conf.TCP != Serving {
		return nil
	}
	if p.tcp, err = net.Listen("tcp", p.conf.Addr); err != nil {
		p.udp.Close()
	}
	return err
}

func (p *Primary) serveUDP() {
	defer p.running.Done()
	buf := make([]byte, dns.MaxMsgSize)
	for {
		n, remote, err := p.udp.ReadFromUDP(buf)
		if err != nil {
			return // closed
		}
		q := p.understand(append([]byte(nil), buf[:n]...), "udp", remote)
		if q == nil {
			continue
		}
		p.recordQuery(*q)
		p.answer(q, &datagram{p.udp, remote})
	}
}

func (p *Primary) serveTCP() {
	defer p.running.Done()
	for {
		c, err := p.tcp.Accept()
		if err != nil {
			return // closed
		}
		if !p.adopt(c) {
			return
		}
		go func() {
			defer p.running.Done()
			defer p.disown(c)
			p.serveConn(c)
		}()
	}
}

// adopt lists a connection, so that close can end it.
func (p *Primary) adopt(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		c.Close()
		return false
	}
	p.conns[c] = true
	p.running.Add(1)
	return true
}

func (p *Primary) disown(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	c.Close()
}

// serveConn answers the queries of a connection one after the other.
func (p *Primary) serveConn(c net.Conn) {
	for {
		raw, err := readMessage(c)
		if err != nil {
			return
		}
		q := p.understand(raw, "tcp", c.RemoteAddr())
		if q == nil {
			return
		}
		p.recordQuery(*q)
		if !p.answer(q, &stream{c.(*net.TCPConn), p.stop}) {
			return
		}
	}
}

// readMessage reads one message with its length prefix (RFC 1035 §4.2.2).
func readMessage(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	raw := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, raw)
	return raw, err
}
