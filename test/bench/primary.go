package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/peer/port"
)

// A primary of zones that are made by program. It is a part of this one and does next to nothing: a real one costs
// the machine as much as the secondaries that are measured, and cannot be had for zones as large as these here.
type primary struct {
	addr  string
	find  func(zone string) origin // nil for a zone that it does not have
	udp   *net.UDPConn
	tcp   net.Listener
	mu    sync.Mutex
	conns map[net.Conn]bool
	group sync.WaitGroup
}

// asked is what a secondary wants.
type asked struct {
	id       uint16
	question []byte // name, type, class
	msg      *dns.Msg
}

// startPrimary starts one that lasts as long as the part of the run that it is started in.
func (b *bench) startPrimary(find func(string) origin) *primary {
	p := &primary{addr: port.Addr(b.stand, "127.0.0.1"), find: find}
	p.open(b)
	b.stand.Cleanup(p.close)
	return p
}

// open begins to answer, again at the same address if it was closed.
func (p *primary) open(b *bench) {
	at, err := net.ResolveUDPAddr("udp", p.addr)
	if err == nil {
		p.udp, err = net.ListenUDP("udp", at)
	}
	if err == nil {
		p.tcp, err = net.Listen("tcp", p.addr)
	}
	if err != nil {
		b.stand.Fatal(err)
	}
	p.udp.SetReadBuffer(8 << 20)
	p.conns = map[net.Conn]bool{}
	p.group.Go(func() { p.datagrams(p.udp) })
	p.group.Go(func() { p.accept(p.tcp) })
}

// close is what a primary is that is down.
func (p *primary) close() {
	p.udp.Close()
	p.tcp.Close()
	p.mu.Lock()
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.group.Wait()
}

func (p *primary) datagrams(c *net.UDPConn) {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if q, ok := parseQuery(buf[:n]); ok {
			c.WriteToUDPAddrPort(p.soa(q), from)
		}
	}
}

func (p *primary) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conns[c] = true
		p.mu.Unlock()
		p.group.Go(func() {
			p.stream(c)
			p.mu.Lock()
			delete(p.conns, c)
			p.mu.Unlock()
			c.Close()
		})
	}
}

// stream answers one query after the other.
func (p *primary) stream(c net.Conn) {
	in := bufio.NewReader(c)
	buf := make([]byte, 1<<16)
	for {
		if _, err := io.ReadFull(in, buf[:2]); err != nil {
			return
		}
		m := buf[2 : 2+binary.BigEndian.Uint16(buf)]
		if _, err := io.ReadFull(in, m); err != nil {
			return
		}
		q, ok := parseQuery(m)
		if !ok || p.transfer(q, c) != nil {
			return
		}
	}
}

func (p *primary) transfer(q asked, c net.Conn) error {
	z := p.find(q.msg.Question[0].Name)
	if z == nil || q.msg.Question[0].Qtype != dns.TypeAXFR && q.msg.Question[0].Qtype != dns.TypeIXFR {
		m := p.soa(q)
		_, err := c.Write(append(uint16s(uint16(len(m))), m...))
		return err
	}
	if list := changesFor(z, q); list != nil {
		return writeReply(q, list, c)
	}
	return z.full(q, c)
}

// changesFor are the records that answer an IXFR; nil when the whole zone does.
func changesFor(z origin, q asked) []record {
	if q.msg.Question[0].Qtype == dns.TypeIXFR && len(q.msg.Ns) == 1 {
		if soa, ok := q.msg.Ns[0].(*dns.SOA); ok {
			return z.since(soa.Serial)
		}
	}
	return nil
}

func writeReply(q asked, list []record, to io.Writer) error {
	out := bufio.NewWriterSize(to, 64<<10)
	p := packer{to: out, id: q.id, question: q.question}
	for _, r := range list {
		p.add(r)
	}
	p.flush()
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}

// soa answers everything with the SOA of the zone, which is right for what secondaries ask over UDP.
func (p *primary) soa(q asked) []byte {
	m := new(dns.Msg).SetReply(q.msg)
	z := p.find(q.msg.Question[0].Name)
	if z == nil {
		m.Rcode = dns.RcodeRefused
	} else {
		m.Authoritative = true
		m.Answer = []dns.RR{soaOf(q.msg.Question[0].Name, z.serial())}
	}
	if q.msg.IsEdns0() != nil {
		m.SetEdns0(1232, false)
	}
	raw, _ := m.Pack() // of what is made here, that cannot fail
	return raw
}

// soaOf is soaRecord for those who pack messages with miekg/dns.
func soaOf(zone string, serial uint32) *dns.SOA {
	return &dns.SOA{
		Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 3600},
		Ns:  "ns1." + zone, Mbox: "hostmaster." + zone,
		Serial: serial, Refresh: 86400, Retry: 86400, Expire: 864000, Minttl: 300,
	}
}

func parseQuery(raw []byte) (asked, bool) {
	m := new(dns.Msg)
	if m.Unpack(raw) != nil || len(m.Question) != 1 || m.Response {
		return asked{}, false
	}
	end := headerOctets
	for raw[end] != 0 { // the first name of a message is not compressed
		end += 1 + int(raw[end])
	}
	end += 5
	return asked{id: m.Id, question: append([]byte(nil), raw[headerOctets:end]...), msg: m}, true
}
