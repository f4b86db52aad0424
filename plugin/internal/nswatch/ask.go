package nswatch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

// Asker asks servers. It has at most so many sockets at a time as it was made with, and each question ends in bounded time.
type Asker struct {
	slots chan struct{}
	wait  time.Duration // for an answer
}

// NewAsker makes one.
func NewAsker(sockets int, wait time.Duration) *Asker {
	return &Asker{make(chan struct{}, sockets), wait}
}

const (
	tries     = 3    // over UDP: one lost datagram is no failure
	ednsSize  = 1232 // of a datagram (DNS flag day 2020)
	plainSize = 512  // without EDNS (RFC 1035 §4.2.1)
)

// errNotTheAnswer is an answer to another question.
var errNotTheAnswer = errors.New("not an answer to the question")

// exchange asks once over TCP, or up to three times over UDP.
func (a *Asker) exchange(ctx context.Context, network string, at netip.AddrPort, q *dns.Msg) (m *dns.Msg, rtt time.Duration, err error) {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	again := 1
	if network == "udp" {
		again = tries
	}
	for range again {
		m, rtt, err = a.once(ctx, network, at, q)
		if err == nil || ctx.Err() != nil || noRoute(err) {
			break
		}
	}
	return m, rtt, err
}

func (a *Asker) once(ctx context.Context, network string, at netip.AddrPort, q *dns.Msg) (*dns.Msg, time.Duration, error) {
	q.Id = dns.Id()
	c := dns.Client{Net: network, Dialer: &net.Dialer{Timeout: a.wait}, Timeout: a.wait, UDPSize: ednsSize}
	conn, err := c.DialContext(ctx, at.String())
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })() // the client waits for its own time only
	m, rtt, err := c.ExchangeWithConnContext(ctx, q, conn)  // it compares the IDs
	if err != nil {
		return nil, 0, err
	}
	if !m.Response || len(m.Question) > 1 || len(m.Question) == 1 && !strings.EqualFold(m.Question[0].Name, q.Question[0].Name) {
		return nil, 0, errNotTheAnswer
	}
	return m, rtt, nil
}

// noRoute says that it is this host that has no way to an address, of a family perhaps that it does not have.
func noRoute(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

// query is a question without recursion.
func query(q Question, edns, do bool) *dns.Msg {
	m := new(dns.Msg).SetQuestion(q.Name, q.Type)
	m.RecursionDesired = false
	if edns {
		m.SetEdns0(ednsSize, do)
	}
	return m
}

// ask asks over UDP, and over TCP what does not fit.
func (a *Asker) ask(ctx context.Context, at netip.AddrPort, q *dns.Msg) (*dns.Msg, error) {
	m, _, err := a.exchange(ctx, "udp", at, q)
	if err == nil && m.Truncated {
		m, _, err = a.exchange(ctx, "tcp", at, q)
	}
	return m, err
}
