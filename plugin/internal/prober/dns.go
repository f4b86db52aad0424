package prober

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// DNS is a check whether an address answers a query with records of the type.
type DNS struct {
	Addr   netip.AddrPort
	Name   string // absolute
	Type   uint16
	Expect string // RDATA that one of the records must have, in presentation form; empty: whatever they are
	Source Source
}

type dnsCheck struct {
	key    Key
	spec   DNS
	expect dns.RR // nil: whatever
}

// Check is the check. The error wraps ErrCheck.
func (d DNS) Check() (Check, error) {
	name, typeName := dns.CanonicalName(d.Name), dns.Type(d.Type).String()
	if _, ok := dns.IsDomainName(d.Name); !ok || d.Name == "" {
		return nil, fmt.Errorf("%w: %q is no domain name", ErrCheck, d.Name)
	}
	if !d.Addr.IsValid() {
		return nil, fmt.Errorf("%w: %s %s without an address to ask", ErrCheck, name, typeName)
	}
	c := &dnsCheck{key: Key{KindDNS, d.Addr, name + " " + typeName}, spec: d}
	c.spec.Name = name
	if d.Expect == "" {
		return c, nil
	}
	rr, err := dns.NewRR(name + " 0 IN " + typeName + " " + d.Expect)
	if err != nil || rr == nil || strings.ContainsAny(d.Expect, "\r\n") {
		return nil, fmt.Errorf("%w: %q is no RDATA of %s", ErrCheck, d.Expect, typeName)
	}
	c.expect = rr
	c.key.What += " expect " + rdata(rr)
	return c, nil
}

// rdata is the RDATA in presentation form, as the dns package writes it.
func rdata(rr dns.RR) string { return strings.TrimPrefix(rr.String(), rr.Header().String()) }

func (c *dnsCheck) Key() Key { return c.key }

func (c *dnsCheck) Run(ctx context.Context) Result {
	query := new(dns.Msg)
	query.SetQuestion(c.spec.Name, c.spec.Type) // with RD: a resolver is to resolve, and nobody else minds
	begun := time.Now()
	answer, err := c.ask(ctx, "udp", query)
	if err == nil && answer.Truncated {
		answer, err = c.ask(ctx, "tcp", query)
	}
	if errors.Is(err, errNoMessage) {
		return failure(Malformed, err)
	}
	if err != nil {
		return networkFailure(ctx, err)
	}
	rtt := time.Since(begun)
	if r := c.judge(answer); r.Outcome != OK {
		return r
	}
	return Result{Outcome: OK, RTT: rtt}
}

func (c *dnsCheck) judge(answer *dns.Msg) Result {
	if answer.Rcode != dns.RcodeSuccess {
		return failure(Rcode, errors.New(dns.RcodeToString[answer.Rcode]))
	}
	found := 0
	for _, rr := range answer.Answer {
		if rr.Header().Rrtype != c.spec.Type {
			continue
		}
		if found++; c.expect == nil || c.expected(rr) {
			return Result{Outcome: OK}
		}
	}
	return failure(Mismatch, fmt.Errorf("%d records of the type, and none as expected", found))
}

// expected compares RDATA; the owner name may be that at the end of a chain of aliases. The record is changed.
func (c *dnsCheck) expected(rr dns.RR) bool {
	rr.Header().Name, rr.Header().Class = c.expect.Header().Name, c.expect.Header().Class
	return dns.IsDuplicate(rr, c.expect)
}

// errNoMessage is an answer that cannot be read.
var errNoMessage = errors.New("no DNS message")

// ask sends the query, over UDP several times, and waits for its answer until ctx ends.
func (c *dnsCheck) ask(ctx context.Context, network string, query *dns.Msg) (*dns.Msg, error) {
	octets, err := query.Pack()
	if err != nil {
		return nil, err
	}
	conn, err := c.spec.Source.dial(ctx, network, c.spec.Addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if network == "tcp" {
		return askStream(conn, octets, query)
	}
	return askDatagram(ctx, conn, octets, query)
}

func askStream(conn net.Conn, octets []byte, query *dns.Msg) (*dns.Msg, error) {
	framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(octets))), octets...)
	if _, err := conn.Write(framed); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	buf := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, buf); err != nil {
		return nil, err
	}
	answer, ok := answerTo(query, buf)
	if !ok {
		return nil, errNoMessage
	}
	return answer, nil
}

// askDatagram sends the query again whenever a part of the time has passed, so that one lost datagram is no failure.
func askDatagram(ctx context.Context, conn net.Conn, octets []byte, query *dns.Msg) (*dns.Msg, error) {
	part := time.Hour // ctx ends before
	if end, ok := ctx.Deadline(); ok {
		part = time.Until(end) / tries
	}
	buf := make([]byte, maxUDP)
	for {
		if err := conn.SetDeadline(time.Now().Add(part)); err != nil {
			return nil, err
		}
		if _, err := conn.Write(octets); err != nil {
			return nil, err
		}
		answer, err := read(conn, buf, query)
		if !errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil {
			return answer, err
		}
	}
}

// maxUDP is more than any answer to a query without EDNS has (RFC 1035 §4.2.1).
const maxUDP = 4096

// read waits for the answer. What does not match the query may come from anybody (RFC 5452 §9.1).
func read(conn net.Conn, buf []byte, query *dns.Msg) (*dns.Msg, error) {
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		if answer, ok := answerTo(query, buf[:n]); ok {
			return answer, nil
		}
	}
}

func answerTo(query *dns.Msg, octets []byte) (*dns.Msg, bool) {
	answer := new(dns.Msg)
	if answer.Unpack(octets) != nil {
		return nil, false
	}
	if !answer.Response || answer.Id != query.Id || answer.Opcode != dns.OpcodeQuery || len(answer.Question) != 1 {
		return nil, false
	}
	q, a := query.Question[0], answer.Question[0]
	return answer, strings.EqualFold(q.Name, a.Name) && q.Qtype == a.Qtype && q.Qclass == a.Qclass
}
