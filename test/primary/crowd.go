package primary

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/peer/port"
)

// Crowd is a primary of every zone that it is asked for, for tests with very
// many of them. It counts how many transfers go on at the same time.
type Crowd struct {
	// Addr is "ip:port", for UDP and TCP.
	Addr string
	// Serial is the one of all zones, 1 at first.
	Serial atomic.Uint32
	// Spoil makes transfers fail, each in the next way.
	Spoil atomic.Bool
	// Checks are queries for an SOA. Of transfers, Transfers have begun, Spoilt failed, Running are not answered
	// yet, and Most were not at the same time.
	Checks, Transfers, Spoilt, Running, Most atomic.Int32

	gate    chan struct{} // closed when transfers may end
	release sync.Once
}

// StartCrowd starts one at an address of loopback. It ends with the test. Held, its transfers do not end
// before Release.
func StartCrowd(t testing.TB, host string, held bool) *Crowd {
	t.Helper()
	c := &Crowd{Addr: port.Addr(t, host), gate: make(chan struct{})}
	c.Serial.Store(1)
	for _, network := range []string{"udp", "tcp"} {
		up, done := make(chan struct{}), make(chan error, 1)
		s := &dns.Server{Addr: c.Addr, Net: network, Handler: c, NotifyStartedFunc: func() { close(up) }}
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
	t.Cleanup(c.Release) // before the servers are shut down: they wait for the transfers
	if !held {
		c.Release()
	}
	return c
}

// Release lets all transfers end.
func (c *Crowd) Release() { c.release.Do(func() { close(c.gate) }) }

// content is a zone of four records.
func (c *Crowd) content(apex string) (soa dns.RR, rest []dns.RR) {
	h := func(owner string, rtype uint16) dns.RR_Header {
		return dns.RR_Header{Name: owner, Rrtype: rtype, Class: dns.ClassINET, Ttl: 300}
	}
	soa = &dns.SOA{
		Hdr: h(apex, dns.TypeSOA), Ns: "ns." + apex, Mbox: "h." + apex, Serial: c.Serial.Load(),
		Refresh: 3600, Retry: 1, Expire: 86400, Minttl: 30,
	}
	return soa, []dns.RR{
		&dns.NS{Hdr: h(apex, dns.TypeNS), Ns: "ns." + apex},
		&dns.A{Hdr: h("ns."+apex, dns.TypeA), A: net.IPv4(127, 0, 0, 1)},
		&dns.TXT{Hdr: h("name."+apex, dns.TypeTXT), Txt: []string{apex}},
	}
}

// ServeDNS implements dns.Handler.
func (c *Crowd) ServeDNS(w dns.ResponseWriter, r *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(r)
	m.Authoritative = true
	soa, rest := c.content(r.Question[0].Name)
	m.Answer = []dns.RR{soa}
	if qtype := r.Question[0].Qtype; qtype != dns.TypeAXFR && qtype != dns.TypeIXFR {
		c.Checks.Add(1)
		w.WriteMsg(m)
		return
	}
	c.begin()
	<-c.gate
	c.Running.Add(-1) // before the client can know that it is over, and ask for the next one
	m.Answer = append(append(m.Answer, rest...), soa)
	if !c.Spoil.Load() {
		w.WriteMsg(m)
		return
	}
	c.fail(w, m, int(c.Spoilt.Add(1)))
}

// begin counts a transfer.
func (c *Crowd) begin() {
	c.Transfers.Add(1)
	n := c.Running.Add(1)
	for most := c.Most.Load(); n > most; most = c.Most.Load() {
		c.Most.CompareAndSwap(most, n)
	}
}

// fail spoils a transfer, in another way each time.
func (c *Crowd) fail(w dns.ResponseWriter, m *dns.Msg, n int) {
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
