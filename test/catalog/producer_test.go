package catalog_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/primary"
)

// producer is a primary of the catalogs that it is given, and of every other zone that it is asked for.
type producer struct {
	addr string

	mu        sync.Mutex
	catalogs  map[string][]dns.RR // the SOA first
	serials   map[string]uint32
	transfers map[string]int
	down      bool // it refuses all
}

func startProducer(t *testing.T) *producer {
	t.Helper()
	p := &producer{
		addr:     port.Addr(t, "127.0.0.1"),
		catalogs: map[string][]dns.RR{}, serials: map[string]uint32{}, transfers: map[string]int{},
	}
	for _, network := range []string{"udp", "tcp"} {
		up, done := make(chan struct{}), make(chan error, 1)
		s := &dns.Server{Addr: p.addr, Net: network, Handler: p, NotifyStartedFunc: func() { close(up) }}
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
	return p
}

// apex are the records that every zone of the producer has, the SOA first.
func apex(serial uint32) string {
	return fmt.Sprintf("@ 300 SOA invalid. invalid. %d 3600 1 86400 30\n@ 300 NS invalid.\n", serial)
}

// set makes lines the content of a catalog, with the next serial, and returns that.
func (p *producer) set(t *testing.T, name string, lines ...string) uint32 {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serials[name]++
	text := apex(p.serials[name]) + strings.Join(lines, "\n")
	p.catalogs[name] = primary.Parse(t, name, text)
	return p.serials[name]
}

// transferred is how often a zone was transferred.
func (p *producer) transferred(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.transfers[name]
}

// content is a catalog, or a zone whose apex says where it came from.
func (p *producer) content(name string) []dns.RR {
	if rrs := p.catalogs[name]; rrs != nil {
		return rrs
	}
	h := func(rrtype uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: 300}
	}
	return []dns.RR{
		&dns.SOA{Hdr: h(dns.TypeSOA), Ns: "invalid.", Mbox: "invalid.", Serial: 1, Refresh: 3600, Retry: 1, Expire: 86400, Minttl: 30},
		&dns.NS{Hdr: h(dns.TypeNS), Ns: "invalid."},
		&dns.TXT{Hdr: h(dns.TypeTXT), Txt: []string{p.addr}},
		&dns.A{Hdr: h(dns.TypeA), A: net.IPv4(192, 0, 2, 1)},
	}
}

// ServeDNS implements dns.Handler.
func (p *producer) ServeDNS(w dns.ResponseWriter, r *dns.Msg) {
	name, qtype := dns.CanonicalName(r.Question[0].Name), r.Question[0].Qtype
	transfer := qtype == dns.TypeAXFR || qtype == dns.TypeIXFR
	p.mu.Lock()
	rrs, down := p.content(name), p.down
	if transfer && !down {
		p.transfers[name]++
	}
	p.mu.Unlock()
	if down {
		w.WriteMsg(new(dns.Msg).SetRcode(r, dns.RcodeRefused))
		return
	}
	if !transfer {
		m := new(dns.Msg).SetReply(r)
		m.Authoritative = true
		m.Answer = rrs[:1]
		w.WriteMsg(m)
		return
	}
	const most = 500
	rrs = append(rrs[:len(rrs):len(rrs)], rrs[0])
	for len(rrs) > 0 {
		m := new(dns.Msg).SetReply(r)
		m.Authoritative = true
		m.Compress = true
		n := min(most, len(rrs))
		m.Answer, rrs = rrs[:n], rrs[n:]
		if w.WriteMsg(m) != nil {
			return
		}
	}
}

// world is a producer and our server.
type world struct {
	*producer
	ours *server
}

// publish sets a catalog, tells our server, and waits until that serves it as a zone. What it makes of it as a
// catalog comes a moment later.
func (w *world) publish(t *testing.T, name string, lines ...string) (mark int) {
	t.Helper()
	mark = w.ours.Mark()
	serial := w.set(t, name, lines...)
	ask.Notify(t, w.ours.Addr(), name, serial, nil)
	ask.WaitSerial(t, w.ours.Addr(), name, serial)
	return mark
}

// catalogOf are the lines of a good catalog: each member is "ID zone".
func catalogOf(members ...string) []string {
	lines := []string{`version 0 TXT "2"`}
	for _, m := range members {
		id, zone, _ := strings.Cut(m, " ")
		lines = append(lines, fmt.Sprintf("%s.zones 0 PTR %s", id, zone))
	}
	return lines
}

// many are n members of a catalog, from the i-th on.
func many(from, to int) (members, zones []string) {
	for i := from; i < to; i++ {
		zone := fmt.Sprintf("z%d.example.", i)
		members, zones = append(members, fmt.Sprintf("id%d %s", i, zone)), append(zones, zone)
	}
	return members, zones
}
