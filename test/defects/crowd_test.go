package defects_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/peer/port"
)

// crowd is a primary of every zone that it is asked for, for tests with very
// many of them. It counts how many transfers go on at the same time.
type crowd struct {
	addr   string
	serial atomic.Uint32
	spoil  atomic.Bool // transfers fail, each in the next way

	transfers, spoilt, running, most atomic.Int32
}

func startCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{addr: port.Addr(t, "127.0.0.1")}
	c.serial.Store(1)
	for _, network := range []string{"udp", "tcp"} {
		up, done := make(chan struct{}), make(chan error, 1)
		s := &dns.Server{Addr: c.addr, Net: network, Handler: c, NotifyStartedFunc: func() { close(up) }}
		go func() { done <- s.ListenAndServe() }()
		select {
		case <-up:
		case err := <-done:
			t.Fatal(err)
		}
		t.Cleanup(func() {
			s.Shutdown()
			<-done
		})
	}
	return c
}

// content is a zone of four records.
func (c *crowd) content(apex string) (soa dns.RR, rest []dns.RR) {
	h := func(owner string, rtype uint16) dns.RR_Header {
		return dns.RR_Header{Name: owner, Rrtype: rtype, Class: dns.ClassINET, Ttl: 300}
	}
	soa = &dns.SOA{
		Hdr: h(apex, dns.TypeSOA), Ns: "ns." + apex, Mbox: "h." + apex, Serial: c.serial.Load(),
		Refresh: 3600, Retry: 1, Expire: 86400, Minttl: 30,
	}
	return soa, []dns.RR{
		&dns.NS{Hdr: h(apex, dns.TypeNS), Ns: "ns." + apex},
		&dns.A{Hdr: h("ns."+apex, dns.TypeA), A: net.IPv4(127, 0, 0, 1)},
		&dns.TXT{Hdr: h("name."+apex, dns.TypeTXT), Txt: []string{apex}},
	}
}

// ServeDNS implements dns.Handler.
func (c *crowd) ServeDNS(w dns.ResponseWriter, r *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(r)
	m.Authoritative = true
	soa, rest := c.content(r.Question[0].Name)
	m.Answer = []dns.RR{soa}
	if qtype := r.Question[0].Qtype; qtype != dns.TypeAXFR && qtype != dns.TypeIXFR {
		w.WriteMsg(m)
		return
	}
	c.begin()
	defer c.running.Add(-1)
	m.Answer = append(append(m.Answer, rest...), soa)
	if !c.spoil.Load() {
		w.WriteMsg(m)
		return
	}
	c.fail(w, m, int(c.spoilt.Add(1)))
}

// begin counts a transfer.
func (c *crowd) begin() {
	c.transfers.Add(1)
	n := c.running.Add(1)
	for most := c.most.Load(); n > most; most = c.most.Load() {
		c.most.CompareAndSwap(most, n)
	}
}

// fail spoils a transfer, in another way each time.
func (c *crowd) fail(w dns.ResponseWriter, m *dns.Msg, n int) {
	switch n % 6 {
	case 0: // the connection ends without an answer
	case 1:
		m.SetRcode(m, dns.RcodeRefused)
		w.WriteMsg(m)
	case 2: // it ends within a message
		w.Write([]byte{0, 0, 1})
	case 3: // it ends within the zone
		m.Answer = m.Answer[:3]
		w.WriteMsg(m)
	case 4: // no apex NS
		m.Answer = []dns.RR{m.Answer[0], m.Answer[0]}
		w.WriteMsg(m)
	case 5: // another zone
		m.Answer[0], m.Answer[4] = dns.Copy(m.Answer[0]), dns.Copy(m.Answer[0])
		m.Answer[0].Header().Name = "other."
		w.WriteMsg(m)
	}
	w.Close()
}

// crowdZones are the names of n zones.
func crowdZones(n int) []string {
	zones := make([]string, n)
	for i := range zones {
		zones[i] = fmt.Sprintf("z%d.example.", i)
	}
	return zones
}

// crowdCorefile serves them all from one block.
func crowdCorefile(zones []string, from string, extra ...string) string {
	text := corefile(from, extra...)
	text = strings.Replace(text, zone+":", ".:", 1)
	text = strings.Replace(text, "errors", "errors\npprof 127.0.0.1:{{port:pprof}}", 1)
	return strings.Replace(text, plugin()+" {", plugin()+" "+strings.Join(zones, " ")+" {", 1)
}

// eachOf runs a check for every zone, a few at a time.
func eachOf(zones []string, check func(zone string)) {
	var all sync.WaitGroup
	next := make(chan string)
	for range 8 {
		all.Go(func() {
			for z := range next {
				check(z)
			}
		})
	}
	for _, z := range zones {
		next <- z
	}
	close(next)
	all.Wait()
}

// long is more patience than usual, for ten thousand zones.
const long = 2 * time.Minute
