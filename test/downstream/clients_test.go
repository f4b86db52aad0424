package downstream_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/understudy"
)

// 37: of a zone that no socket buffer holds, a client takes two octets and leaves.
func Test37AClosedConnectionEndsTheTransfer(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(hosts(1))
	text := strings.Repeat(` "`+strings.Repeat("x", 250)+`"`, 60)
	for i := range 2000 {
		fmt.Fprintf(&b, "t%d TXT%s\n", i, text)
	}
	s := start(t, b.String(), nil, "transfer to *")
	c := open(t, s.ours.Addr(), new(dns.Msg).SetAxfr(zone))
	if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	s.ours.WaitMetric(t, "metrics", "coredns_secondaryplus_transfers_out_total", 1, "kind=axfr", "result=broken")
	s.ours.WaitLog(t, `example\.org\.: axfr to 127\.0\.0\.1 broke off after \d+ messages: `)
	if lines := ask.AXFR(t, s.ours.Addr(), zone, nil); len(lines) != 2306 {
		t.Errorf("the next client gets %d records", len(lines))
	}
}

// open connects and sends a query.
func open(t *testing.T, addr string, m *dns.Msg) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(ask.Patience))
	if err := (&dns.Conn{Conn: c}).WriteMsg(m); err != nil {
		t.Fatal(err)
	}
	return c
}

// length is that of the first message of the reply.
func length(t *testing.T, addr string, m *dns.Msg) int {
	t.Helper()
	var octets uint16
	if err := binary.Read(open(t, addr, m), binary.BigEndian, &octets); err != nil {
		t.Fatal(err)
	}
	return int(octets)
}

// Each peer is our primary and gives the same change; ours must not be longer.
func TestTheIXFROfAChangeIsNoLongerThanThatOfThePeers(t *testing.T) {
	t.Parallel()
	one := func(serial int) string {
		return fmt.Sprintf("$TTL 300\n@ SOA ns hostmaster %d 3600 1 86400 30\n@ NS ns\nns A 127.0.0.1\nprobe A 192.0.2.%d\n", serial, serial) + strings.SplitAfterN(hosts(1), "c0ffee01\n", 2)[1]
	}
	for _, kind := range peer.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			peer.Require(t, kind)
			p := peer.Start(t, kind, peer.Config{Zones: []peer.Zone{{Name: zone, Text: one(1)}}})
			s := understudy.Start(t, understudy.Config{Corefile: corefile(p.Addr(), nil, "transfer to *")})
			ask.WaitSerial(t, s.Addr(), zone, 1)
			p.SetZone(t, zone, one(2))
			p.WaitServing(t, zone, 2)
			ask.Notify(t, s.Addr(), zone, 2, nil)
			ask.WaitSerial(t, s.Addr(), zone, 2)
			q := new(dns.Msg).SetIxfr(zone, 1, ".", ".")
			ours, theirs := length(t, s.Addr(), q), length(t, p.Addr(), q)
			if ours > theirs {
				t.Errorf("%d octets, theirs are %d", ours, theirs)
			}
			t.Logf("%d octets, theirs are %d", ours, theirs)
		})
	}
}
