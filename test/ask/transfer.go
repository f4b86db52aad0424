package ask

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// AXFR transfers zone and returns its records, without the closing SOA, as
// sorted canonical lines (see Lines). A nil key asks unsigned.
func AXFR(t testing.TB, addr, zone string, key *Key, opts ...Option) []string {
	t.Helper()
	rrs, err := FetchAXFR(addr, zone, key, opts...)
	if err != nil {
		t.Fatalf("AXFR of %s from %s: %v", zone, addr, err)
	}
	return Lines(rrs[:len(rrs)-1])
}

// FetchAXFR is the transfer as it came: case and order kept, both SOAs.
func FetchAXFR(addr, zone string, key *Key, opts ...Option) ([]dns.RR, error) {
	return fetch(newTransfer(zone, dns.TypeAXFR, key, opts), addr)
}

// IXFR asks over TCP for what changed since serial and returns the records as
// they came: one SOA if nothing did, differences, or the whole zone.
func IXFR(t testing.TB, addr, zone string, serial uint32, key *Key, opts ...Option) []dns.RR {
	t.Helper()
	rrs, err := FetchIXFR(addr, zone, serial, key, opts...)
	if err != nil {
		t.Fatalf("IXFR of %s from %s: %v", zone, addr, err)
	}
	return rrs
}

// FetchIXFR is IXFR for callers that expect failure.
func FetchIXFR(addr, zone string, serial uint32, key *Key, opts ...Option) ([]dns.RR, error) {
	q := newTransfer(zone, dns.TypeIXFR, key, opts)
	q.msg.Ns = []dns.RR{&dns.SOA{
		Hdr: dns.RR_Header{Name: dns.Fqdn(zone), Rrtype: dns.TypeSOA, Class: dns.ClassINET},
		Ns:  ".", Mbox: ".", Serial: serial,
	}}
	return fetch(q, addr)
}

func newTransfer(zone string, qtype uint16, key *Key, opts []Option) *query {
	q := newQuery(zone, qtype, append([]Option{TCP(), Timeout(Patience)}, opts...))
	q.key = key
	return q
}

// fetch puts a transfer query and reads messages until the transfer is whole.
func fetch(q *query, addr string) ([]dns.RR, error) {
	dialer, err := q.dialer()
	if err != nil {
		return nil, err
	}
	c, err := dialer.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	conn := &dns.Conn{Conn: c}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(q.timeout))
	stream, err := q.send(conn)
	if err != nil {
		return nil, err
	}
	return q.receive(conn, stream)
}

// send writes the query and returns the TSIG stream of the answer, if any.
func (q *query) send(conn *dns.Conn) (*TSIG, error) {
	msg, err := q.msg.Pack()
	if err != nil {
		return nil, err
	}
	var stream *TSIG
	if q.key != nil {
		request := NewTSIG(*q.key, nil)
		if msg, err = request.Sign(msg, time.Now(), dns.RcodeSuccess, nil); err != nil {
			return nil, err
		}
		stream = NewTSIG(*q.key, request.MAC())
	}
	_, err = conn.Write(msg)
	return stream, err
}

func (q *query) receive(conn *dns.Conn, stream *TSIG) ([]dns.RR, error) {
	var all []dns.RR
	end := &ending{ixfr: q.msg.Question[0].Qtype == dns.TypeIXFR}
	if end.ixfr {
		end.serial = q.msg.Ns[0].(*dns.SOA).Serial
	}
	for {
		m, err := q.next(conn, stream)
		if err != nil {
			return all, err
		}
		for _, rr := range m.Answer {
			if end.reached {
				return all, fmt.Errorf("%s after the end of the transfer", rr)
			}
			all = append(all, rr)
			if err := end.see(rr); err != nil {
				return all, err
			}
		}
		if end.whole() {
			if stream != nil && !stream.Complete() {
				return all, errors.New("tsig: the last message is unsigned")
			}
			return all, nil
		}
	}
}

// next reads one message, checks its signature, and that it is a good answer.
func (q *query) next(conn *dns.Conn, stream *TSIG) (*dns.Msg, error) {
	raw, err := conn.ReadMsgHeader(nil)
	if err != nil {
		return nil, err
	}
	m := new(dns.Msg)
	if err := m.Unpack(raw); err != nil {
		return nil, err
	}
	if m.Rcode != dns.RcodeSuccess {
		return nil, &RcodeError{m.Rcode}
	}
	if stream != nil {
		if err := stream.Verify(raw); err != nil {
			return nil, err
		}
	}
	if m.Id != q.msg.Id || !m.Response {
		return nil, errors.New("not the answer to this query")
	}
	return m, nil
}

// RcodeError is a transfer that was answered with an error code.
type RcodeError struct{ Rcode int }

func (e *RcodeError) Error() string { return dns.RcodeToString[e.Rcode] }

// ending finds the last record of a transfer.
type ending struct {
	ixfr    bool
	serial  uint32 // of the client, for IXFR
	records int
	final   uint32
	soas    int
	diff    bool // the second record is an SOA: differences follow
	reached bool
}

func (e *ending) see(rr dns.RR) error {
	e.records++
	soa, ok := rr.(*dns.SOA)
	switch {
	case e.records == 1 && !ok:
		return fmt.Errorf("the transfer begins with %s", rr)
	case e.records == 1:
		e.final = soa.Serial
		return nil
	case !ok:
		return nil
	}
	if e.records == 2 && e.ixfr && soa.Serial != e.final {
		e.diff = true
	}
	e.soas++
	// Among differences, the final serial opens the last additions too; the
	// end is its next appearance.
	if !e.diff || (soa.Serial == e.final && e.soas%2 == 1 && e.soas > 1) {
		e.reached = true
	}
	return nil
}

// whole is asked between messages: a lone SOA with nothing new is an end too.
func (e *ending) whole() bool {
	return e.reached || (e.ixfr && e.records == 1 && int32(e.final-e.serial) <= 0)
}
