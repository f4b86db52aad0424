package primary

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
)

// Kind is a kind of query, for which a script is written.
type Kind string

// The kinds of query. Other is every QTYPE that is not one of the first three.
const (
	SOA   Kind = "SOA"
	AXFR  Kind = "AXFR"
	IXFR  Kind = "IXFR"
	Other Kind = "other"
)

// Query is one query that came in.
type Query struct {
	Kind   Kind
	Net    string // "udp" or "tcp"
	Remote net.Addr
	At     time.Time
	// Serial is the client's in an IXFR query.
	Serial uint32
	// Key is the name of the TSIG key, or "".
	Key string
	// TSIG is what was wrong with the signature: an RCODE such as
	// dns.RcodeBadSig, or 0.
	TSIG int
	// Msg is the query itself.
	Msg *dns.Msg

	mac []byte // of its signature
}

// Delivery is how one answer ended.
type Delivery struct {
	Query    Query
	Messages int // sent whole
	Bytes    int // written, without the length prefixes
	Duration time.Duration
	// Err is nil if all was sent; else why not: mostly, the client hung up.
	Err error
}

func kindOf(m *dns.Msg) Kind {
	if len(m.Question) == 0 {
		return Other
	}
	switch m.Question[0].Qtype {
	case dns.TypeSOA:
		return SOA
	case dns.TypeAXFR:
		return AXFR
	case dns.TypeIXFR:
		return IXFR
	}
	return Other
}

// understand reads a query from the wire; nil if it is none.
func (p *Primary) understand(raw []byte, network string, remote net.Addr) *Query {
	m := new(dns.Msg)
	if m.Unpack(raw) != nil || m.Response {
		return nil
	}
	q := &Query{Kind: kindOf(m), Net: network, Remote: remote, At: time.Now(), Msg: m}
	if len(m.Ns) > 0 {
		if soa, ok := m.Ns[0].(*dns.SOA); ok {
			q.Serial = soa.Serial
		}
	}
	p.checkSignature(q, raw)
	return q
}

// checkSignature fills in what the query's signature says.
func (p *Primary) checkSignature(q *Query, raw []byte) {
	rr := q.Msg.IsTsig()
	if rr == nil {
		return
	}
	q.Key = dns.CanonicalName(rr.Hdr.Name)
	if p.conf.Key == nil || p.conf.Key.FQDN() != q.Key || p.conf.Key.Alg() != dns.CanonicalName(rr.Algorithm) {
		q.TSIG = dns.RcodeBadKey
		return
	}
	stream := ask.NewTSIG(*p.conf.Key, nil)
	if stream.Verify(raw) != nil {
		q.TSIG = dns.RcodeBadSig
		return
	}
	q.mac = stream.MAC()
	if skew := time.Since(time.Unix(int64(rr.TimeSigned), 0)); skew.Abs() > time.Duration(rr.Fudge)*time.Second {
		q.TSIG = dns.RcodeBadTime
	}
}

// Queries are all queries so far.
func (p *Primary) Queries() []Query {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Query(nil), p.queries...)
}

// Count is how many queries of a kind have come.
func (p *Primary) Count(k Kind) int {
	n := 0
	for _, q := range p.Queries() {
		if q.Kind == k {
			n++
		}
	}
	return n
}

// WaitQuery waits for the n-th query of a kind since the start, from 1.
func (p *Primary) WaitQuery(t testing.TB, k Kind, n int) Query {
	t.Helper()
	return p.WaitQueryThat(t, n, fmt.Sprintf("%s query", k), func(q Query) bool { return q.Kind == k })
}

// WaitQueryThat waits for the n-th query that matches, which is described for
// the failure message.
func (p *Primary) WaitQueryThat(t testing.TB, n int, what string, match func(Query) bool) Query {
	t.Helper()
	q, ok := await(p, n, func() []Query { return p.queries }, match)
	if !ok {
		t.Fatalf("no %s number %d; there were %v", what, n, p.Queries())
	}
	return q
}

// WaitDelivery waits for the end of the n-th answer to a kind of query.
func (p *Primary) WaitDelivery(t testing.TB, k Kind, n int) Delivery {
	t.Helper()
	d, ok := await(p, n, func() []Delivery { return p.deliveries }, func(d Delivery) bool { return d.Query.Kind == k })
	if !ok {
		t.Fatalf("the answer to %s query number %d did not end; queries: %v", k, n, p.Queries())
	}
	return d
}

// await waits for the n-th item of a list that matches. The list is read under
// the lock.
func await[T any](p *Primary, n int, list func() []T, match func(T) bool) (T, bool) {
	timer := time.NewTimer(ask.Patience)
	defer timer.Stop()
	for {
		p.mu.Lock()
		items, changed := list(), p.changed
		p.mu.Unlock()
		seen := 0
		for _, item := range items {
			if match(item) {
				seen++
			}
			if seen == n {
				return item, true
			}
		}
		select {
		case <-changed:
		case <-timer.C:
			var none T
			return none, false
		}
	}
}

// String is one line about the query.
func (q Query) String() string {
	s := fmt.Sprintf("%s/%s from %s", q.Kind, q.Net, q.Remote)
	if q.Kind == IXFR {
		s += fmt.Sprintf(" serial %d", q.Serial)
	}
	if q.Key != "" {
		s += " key " + q.Key
	}
	return s
}

// recordQuery and recordDelivery wake those who wait.
func (p *Primary) recordQuery(q Query) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queries = append(p.queries, q)
	p.wake()
}

func (p *Primary) recordDelivery(d Delivery) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deliveries = append(p.deliveries, d)
	p.wake()
}

func (p *Primary) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}
