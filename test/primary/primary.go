package primary

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
)

// Config is what a scripted primary is told at its start.
type Config struct {
	// Zone is the apex of its only zone.
	Zone string
	// Addr is "ip:port"; a free port of 127.0.0.1 when empty.
	Addr string
	// Key verifies signed queries and signs their answers.
	Key *ask.Key
	// RequireTSIG refuses unsigned transfers.
	RequireTSIG bool
	// TCP is how the TCP port behaves.
	TCP TCPMode
}

// TCPMode is how the TCP port behaves below DNS.
type TCPMode int

// The modes of the TCP port.
const (
	Serving   TCPMode = iota // connections are accepted and served
	Closed                   // connections are refused
	BlackHole                // connection attempts get no answer at all
)

// Primary is a running scripted primary.
type Primary struct {
	zone string
	conf Config
	udp  *net.UDPConn
	tcp  net.Listener

	mu         sync.Mutex
	versions   []version // oldest first
	scripts    map[Kind]*script
	queries    []Query
	deliveries []Delivery
	changed    chan struct{} // closed and replaced when either list grows
	conns      map[net.Conn]bool
	closing    bool

	stop    chan struct{} // closed when the test ends
	running sync.WaitGroup
}

// Start starts a scripted primary with no version of its zone: it answers
// SERVFAIL until Publish. It ends with the test.
func Start(t testing.TB, c Config) *Primary {
	t.Helper()
	p := &Primary{
		zone: dns.Fqdn(c.Zone), conf: c,
		scripts: map[Kind]*script{}, changed: make(chan struct{}),
		conns: map[net.Conn]bool{}, stop: make(chan struct{}),
	}
	p.listen(t)
	t.Cleanup(p.close)
	return p
}

// Addr is "ip:port", for UDP and TCP.
func (p *Primary) Addr() string { return p.conf.Addr }

// Zone is the apex.
func (p *Primary) Zone() string { return p.zone }

// version is the zone with one serial: the SOA and all else.
type version struct {
	soa  *dns.SOA
	rest []dns.RR
}

// whole is the version as an AXFR has it.
func (v version) whole() []dns.RR {
	rrs := append([]dns.RR{v.soa}, v.rest...)
	return append(rrs, v.soa)
}

// Publish makes a new version current. The text is a zone file with one SOA;
// names are relative to the zone. Serials are not checked: a test may go back.
func (p *Primary) Publish(t testing.TB, text string) {
	t.Helper()
	p.PublishRecords(t, Parse(t, p.zone, text))
}

// PublishRecords is Publish for records, among them one SOA.
func (p *Primary) PublishRecords(t testing.TB, rrs []dns.RR) {
	t.Helper()
	var v version
	for _, rr := range rrs {
		if soa, ok := rr.(*dns.SOA); ok && v.soa == nil {
			v.soa = soa
		} else {
			v.rest = append(v.rest, rr)
		}
	}
	if v.soa == nil {
		t.Fatal("a version without an SOA")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.versions = append(p.versions, v)
}

// Forget drops all versions but the current one, as a primary that lost its
// journal.
func (p *Primary) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.versions = p.versions[max(0, len(p.versions)-1):]
}

// history is a copy of the list of versions.
func (p *Primary) history() []version {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]version(nil), p.versions...)
}

// Parse reads a zone file.
func Parse(t testing.TB, zone, text string) []dns.RR {
	t.Helper()
	z := dns.NewZoneParser(strings.NewReader(text), dns.Fqdn(zone), "")
	z.SetDefaultTTL(300)
	var rrs []dns.RR
	for rr, ok := z.Next(); ok; rr, ok = z.Next() {
		rrs = append(rrs, rr)
	}
	if err := z.Err(); err != nil {
		t.Fatal(err)
	}
	return rrs
}

// NotifyTo sends a NOTIFY with the current serial to addr, signed if key is
// not nil, and returns the reply.
func (p *Primary) NotifyTo(t testing.TB, addr string, key *ask.Key) *dns.Msg {
	t.Helper()
	var serial uint32
	if h := p.history(); len(h) > 0 {
		serial = h[len(h)-1].soa.Serial
	}
	host, _, _ := net.SplitHostPort(p.conf.Addr) // it was listened on
	return ask.Notify(t, addr, p.zone, serial, key, ask.From(host))
}

// close ends everything and waits for it.
func (p *Primary) close() {
	p.mu.Lock()
	p.closing = true
	close(p.stop)
	p.udp.Close()
	if p.tcp != nil {
		p.tcp.Close()
	}
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}
