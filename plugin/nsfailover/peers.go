package nsfailover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// peersConfig is one `peers`.
type peersConfig struct {
	addrs                             []netip.AddrPort
	unloaded, expired, held, servfail bool
	where                             string // in the Corefile
}

// peers asks other name servers for what ours cannot answer. They are authorities for the same zones.
type peers struct {
	config *peersConfig
	room   atomic.Int32 // queries on their way
	recent sync.Map     // of failures: netip.AddrPort to time.Time
	known  sync.Map     // of serials: peerZone to knownSerial
}

// Bounds of what is asked.
const (
	mostAsked   = 100 // queries at a time
	askTries    = 2
	askWait     = 3 * time.Second
	avoidFor    = 5 * time.Second  // a peer that has failed comes after the others
	serialsLast = 10 * time.Second // for which a peer's serial is believed
	peerSize    = 1232             // of a datagram (DNS flag day 2020)
)

// marker is the code of an EDNS option, one for private use (RFC 6891 §9), in a query that a peer asks. Who has one does
// not ask on: two peers would ask each other for ever.
const marker = 65312

// wants says whether the peers are asked for a zone before ours answers.
func (p *peers) wants(s refresh.Standing) bool {
	switch {
	case !s.Loaded:
		return p.config.unloaded
	case !s.Valid:
		return p.config.expired
	}
	return s.Held && p.config.held
}

// marked says that a query comes from a peer.
func marked(r *dns.Msg) bool {
	opt := r.IsEdns0()
	return opt != nil && slices.ContainsFunc(opt.Option, func(o dns.EDNS0) bool { return o.Option() == marker })
}

// rescue is what a peer answers; nil: none answers as it should.
func (p *peers) rescue(ctx context.Context, r *dns.Msg, s refresh.Standing) *dns.Msg {
	switch q := r.Question[0]; {
	case r.Opcode != dns.OpcodeQuery || q.Qtype == dns.TypeAXFR || q.Qtype == dns.TypeIXFR:
		return nil
	case marked(r):
		loops.Inc()
		return nil
	case p.room.Add(1) > mostAsked:
		p.room.Add(-1)
		return nil
	}
	defer p.room.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	list := p.order()
	for i := 0; i < askTries && ctx.Err() == nil; i++ {
		addr := list[min(i, len(list)-1)] // a single one is asked twice: datagrams get lost
		m, err := p.from(ctx, addr, r, s)
		p.note(addr, err)
		if err == nil {
			count(s, addr, dns.RcodeToString[m.Rcode])
			return m
		}
		count(s, addr, "refused")
		log.Debugf("%s: peer %s: %v", s.Apex.Canonical(), addr, err)
		if len(list) == 1 && (errors.Is(err, errNotAnAnswer) || errors.Is(err, errOlder)) {
			break // it would say the same again
		}
	}
	return nil
}

// note remembers whether a peer has failed. One that knows that a name is delegated has not.
func (p *peers) note(addr netip.AddrPort, err error) {
	switch {
	case err == nil:
		p.recent.Delete(addr)
	case !errors.Is(err, errReferral):
		p.recent.Store(addr, time.Now())
	}
}

func count(s refresh.Standing, addr netip.AddrPort, result string) {
	peerQueries.WithLabelValues(s.Apex.Canonical(), addr.String(), result).Inc()
}

// order are the peers, those that have not failed lately first.
func (p *peers) order() []netip.AddrPort {
	list, now := slices.Clone(p.config.addrs), time.Now()
	failed := func(a netip.AddrPort) int {
		if at, ok := p.recent.Load(a); ok && now.Sub(at.(time.Time)) < avoidFor {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b netip.AddrPort) int { return failed(a) - failed(b) })
	return list
}

// Why an answer is not taken.
var (
	errNotAnAnswer = errors.New("not an authoritative answer to the question")
	errReferral    = fmt.Errorf("%w: a referral", errNotAnAnswer)
	errOlder       = errors.New("an older version than ours")
)

// from is the answer of one peer, as it is passed on.
func (p *peers) from(ctx context.Context, addr netip.AddrPort, r *dns.Msg, s refresh.Standing) (*dns.Msg, error) {
	q := new(dns.Msg).SetQuestion(r.Question[0].Name, r.Question[0].Qtype)
	q.RecursionDesired = false
	opt := r.IsEdns0()
	m, err := ask(ctx, addr, q, opt != nil && opt.Do())
	if err != nil {
		return nil, err
	}
	if err := acceptable(m, s.Apex); err != nil {
		return nil, err
	}
	if err := p.fresh(ctx, addr, m, s); err != nil {
		return nil, err
	}
	return passed(m, r), nil
}

// acceptable says what is wrong with what a peer says of a name in a zone.
func acceptable(m *dns.Msg, apex owner.Name) error {
	switch {
	case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
		return fmt.Errorf("%w: %s", errNotAnAnswer, dns.RcodeToString[m.Rcode])
	case refers(m, apex):
		return errReferral
	case !m.Authoritative:
		return errNotAnAnswer
	}
	return nil
}

// refers says that a name is delegated below the zone. A referral to the zone itself, or upwards, is of a server that is no
// authority for it.
func refers(m *dns.Msg, apex owner.Name) bool {
	if m.Authoritative || m.Rcode != dns.RcodeSuccess || len(m.Answer) > 0 {
		return false
	}
	return slices.ContainsFunc(m.Ns, func(rr dns.RR) bool {
		name, err := owner.Parse(rr.Header().Name)
		return rr.Header().Rrtype == dns.TypeNS && err == nil && name.IsBelowOrEqual(apex) && !owner.Equal(name, apex) &&
			dns.IsSubDomain(rr.Header().Name, m.Question[0].Name)
	})
}

// passed is an answer with the marks of ours.
func passed(m, r *dns.Msg) *dns.Msg {
	out := new(dns.Msg).SetReply(r)
	out.Authoritative, out.Rcode = true, m.Rcode
	out.Answer, out.Ns = m.Answer, m.Ns
	out.Extra = slices.DeleteFunc(slices.Clone(m.Extra), func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeOPT })
	return out
}

// fresh says whether a peer's version is no older than what we had. That of an answer with an SOA is in it.
func (p *peers) fresh(ctx context.Context, addr netip.AddrPort, m *dns.Msg, s refresh.Standing) error {
	if !s.Loaded {
		return nil
	}
	got, ok := serialIn(m, s.Apex)
	if !ok {
		var err error
		if got, err = p.serialOf(ctx, addr, s.Apex); err != nil {
			return err
		}
	}
	if got != s.Serial && !got.Newer(s.Serial) {
		return fmt.Errorf("%w: serial %s, and we had %s", errOlder, got, s.Serial)
	}
	return nil
}

func serialIn(m *dns.Msg, apex owner.Name) (serial.Serial, bool) {
	for _, rr := range slices.Concat(m.Answer, m.Ns) {
		if soa, ok := rr.(*dns.SOA); ok && strings.EqualFold(soa.Hdr.Name, apex.String()) {
			return serial.Serial(soa.Serial), true
		}
	}
	return 0, false
}

// peerZone is a zone at a peer.
type peerZone struct {
	addr netip.AddrPort
	zone string
}

type knownSerial struct {
	serial serial.Serial
	at     time.Time
}

func (p *peers) serialOf(ctx context.Context, addr netip.AddrPort, apex owner.Name) (serial.Serial, error) {
	key := peerZone{addr, apex.Canonical()}
	if k, ok := p.known.Load(key); ok && time.Since(k.(knownSerial).at) < serialsLast {
		return k.(knownSerial).serial, nil
	}
	m, err := ask(ctx, addr, new(dns.Msg).SetQuestion(key.zone, dns.TypeSOA), false)
	if err != nil {
		return 0, err
	}
	s, ok := serialIn(m, apex)
	if !ok || !m.Authoritative {
		return 0, fmt.Errorf("%w: no SOA", errNotAnAnswer)
	}
	p.known.Store(key, knownSerial{s, time.Now()})
	return s, nil
}

// ask asks over UDP, and over TCP what does not fit. What comes back answers the question, if it is
// authoritative.
func ask(ctx context.Context, addr netip.AddrPort, q *dns.Msg, do bool) (*dns.Msg, error) {
	q.RecursionDesired = false
	q.SetEdns0(peerSize, do)
	opt := q.IsEdns0()
	opt.Option = append(opt.Option, &dns.EDNS0_LOCAL{Code: marker, Data: []byte{1}})
	m, err := exchange(ctx, "udp", addr, q)
	if err == nil && m.Truncated {
		m, err = exchange(ctx, "tcp", addr, q)
	}
	if err != nil {
		return nil, err
	}
	asked, answered := q.Question[0], m.Question
	if !m.Response || m.Truncated || len(answered) != 1 || answered[0].Qtype != asked.Qtype ||
		answered[0].Qclass != asked.Qclass || !strings.EqualFold(answered[0].Name, asked.Name) {
		return nil, errNotAnAnswer
	}
	return m, nil
}

func exchange(ctx context.Context, network string, addr netip.AddrPort, q *dns.Msg) (*dns.Msg, error) {
	q.Id = dns.Id()
	c := dns.Client{Net: network, UDPSize: peerSize, Dialer: &net.Dialer{}, Timeout: askWait / askTries}
	m, _, err := c.ExchangeContext(ctx, q, addr.String()) // it compares the IDs
	return m, err
}
