package ask

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// query is a question and how to put it.
type query struct {
	msg     *dns.Msg
	net     string
	key     *Key
	source  string
	timeout time.Duration
}

// Option changes how a question is asked. The default is a UDP query with
// RD=0, without EDNS, answered within two seconds.
type Option func(*query)

// TCP asks over TCP.
func TCP() Option { return func(q *query) { q.net = "tcp" } }

// RD sets the recursion-desired bit.
func RD() Option { return func(q *query) { q.msg.RecursionDesired = true } }

// CD sets the checking-disabled bit.
func CD() Option { return func(q *query) { q.msg.CheckingDisabled = true } }

// AD sets the authentic-data bit.
func AD() Option { return func(q *query) { q.msg.AuthenticatedData = true } }

// DO adds EDNS with the DNSSEC-OK bit; the size is 1232 unless Size says otherwise.
func DO() Option { return func(q *query) { q.edns().SetDo() } }

// Size adds EDNS with the given UDP payload size.
func Size(n uint16) Option { return func(q *query) { q.edns().SetUDPSize(n) } }

// EDNS0 adds EDNS options.
func EDNS0(options ...dns.EDNS0) Option {
	return func(q *query) { q.edns().Option = append(q.edns().Option, options...) }
}

// Class asks in another class than IN.
func Class(c uint16) Option { return func(q *query) { q.msg.Question[0].Qclass = c } }

// Signed signs the query with a TSIG key and demands a signed answer.
func Signed(k Key) Option { return func(q *query) { q.key = &k } }

// From sends from a source address, such as "127.0.0.9".
func From(ip string) Option { return func(q *query) { q.source = ip } }

// Timeout bounds the wait for the answer.
func Timeout(d time.Duration) Option { return func(q *query) { q.timeout = d } }

// Message lets the test change the query in any other way before it is sent.
func Message(change func(*dns.Msg)) Option { return func(q *query) { change(q.msg) } }

// edns is the query's OPT record, added if there is none.
func (q *query) edns() *dns.OPT {
	if opt := q.msg.IsEdns0(); opt != nil {
		return opt
	}
	q.msg.SetEdns0(1232, false)
	return q.msg.IsEdns0()
}

func newQuery(name string, qtype uint16, opts []Option) *query {
	q := &query{msg: new(dns.Msg), net: "udp", timeout: 2 * time.Second}
	q.msg.SetQuestion(dns.Fqdn(name), qtype)
	q.msg.RecursionDesired = false
	for _, o := range opts {
		o(q)
	}
	return q
}

// Query asks once and returns the answer. A truncated answer over UDP is
// returned as it is, not asked again over TCP.
func Query(addr, name string, qtype uint16, opts ...Option) (*dns.Msg, error) {
	return newQuery(name, qtype, opts).exchange(addr)
}

func (q *query) exchange(addr string) (*dns.Msg, error) {
	dialer, err := q.dialer()
	if err != nil {
		return nil, err
	}
	c := &dns.Client{Net: q.net, Timeout: q.timeout, Dialer: dialer, UDPSize: dns.MaxMsgSize}
	if q.key != nil {
		q.key.sign(q.msg)
		c.TsigSecret = q.key.secrets()
	}
	m, _, err := c.Exchange(q.msg, addr)
	if err == nil && q.key != nil && m.IsTsig() == nil {
		return m, errors.New("unsigned answer to a signed query")
	}
	return m, err
}

func (q *query) dialer() (*net.Dialer, error) {
	d := &net.Dialer{Timeout: q.timeout}
	if q.source == "" {
		return d, nil
	}
	ip := net.ParseIP(q.source)
	if ip == nil {
		return nil, fmt.Errorf("%q is not an address", q.source)
	}
	if q.net == "tcp" {
		d.LocalAddr = &net.TCPAddr{IP: ip}
	} else {
		d.LocalAddr = &net.UDPAddr{IP: ip}
	}
	return d, nil
}

// Ask asks once and ends the test if no answer comes.
func Ask(t testing.TB, addr, name string, qtype uint16, opts ...Option) *dns.Msg {
	t.Helper()
	m, err := Query(addr, name, qtype, opts...)
	if err != nil {
		t.Fatalf("ask %s for %s %s: %v", addr, name, dns.TypeToString[qtype], err)
	}
	return m
}

// ExtendedErrors are the codes of an answer's extended errors (RFC 8914).
func ExtendedErrors(m *dns.Msg) (codes []uint16) {
	opt := m.IsEdns0()
	if opt == nil {
		return nil
	}
	for _, o := range opt.Option {
		if e, ok := o.(*dns.EDNS0_EDE); ok {
			codes = append(codes, e.InfoCode)
		}
	}
	return codes
}
