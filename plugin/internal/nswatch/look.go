package nswatch

import (
	"context"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// Wanted is what a server is asked.
type Wanted struct {
	Zone      string // in lower case, with the final dot
	Questions []Question
	Content   bool
	Signed    bool // also for signatures
}

// Look asks one server. It ends with ctx, or a bounded time after: each question has its own.
func (a *Asker) Look(ctx context.Context, s Server, w Wanted) Seen {
	seen := Seen{Server: s, Sets: make(map[Question]Set)}
	soa := Question{w.Zone, dns.TypeSOA}
	m := a.first(ctx, &seen, soa)
	if t, _, err := a.exchange(ctx, "tcp", s.Addr, query(soa, seen.EDNS, false)); err != nil {
		seen.TCP = err
	} else if m == nil {
		m = t
	}
	if m == nil {
		return seen
	}
	seen.judge(m, w.Zone)
	if seen.Lame == "" {
		a.compare(ctx, &seen, w)
	}
	if seen.Lame == "" && w.Signed {
		seen.Signed = a.signed(ctx, &seen, w.Zone)
	}
	return seen
}

// first is the answer over UDP, to a query with EDNS or, to those who know none (RFC 6891 §7), without.
func (a *Asker) first(ctx context.Context, seen *Seen, soa Question) *dns.Msg {
	m, rtt, err := a.exchange(ctx, "udp", seen.Addr, query(soa, true, false))
	if err == nil && m.IsEdns0() == nil && (m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented) {
		m, rtt, err = a.exchange(ctx, "udp", seen.Addr, query(soa, false, false))
	}
	if err != nil {
		seen.UDP, seen.NoRoute = err, noRoute(err)
		return nil
	}
	seen.RTT, seen.EDNS = rtt, m.IsEdns0() != nil
	return m
}

// judge takes in the answer to the query for the SOA.
func (s *Seen) judge(m *dns.Msg, zone string) {
	s.Recursion = m.RecursionAvailable
	var soa *dns.SOA
	for _, rr := range m.Answer {
		if own, ok := rr.(*dns.SOA); ok && strings.EqualFold(own.Hdr.Name, zone) {
			soa = own
		}
	}
	switch {
	case m.Rcode != dns.RcodeSuccess:
		s.Lame = "it answers " + dns.RcodeToString[m.Rcode]
	case !m.Authoritative && soa == nil:
		s.Lame = "it refers to others"
	case !m.Authoritative:
		s.Lame = "it answers without authority"
	case soa == nil:
		s.Lame = "it has no SOA of the zone"
	default:
		s.Serial = serial.Serial(soa.Serial)
		s.Refresh, s.Expire = time.Duration(soa.Refresh)*time.Second, time.Duration(soa.Expire)*time.Second
	}
}

// compare asks for what is compared. What is not answered is not known; a server that falls silent is asked no more.
func (a *Asker) compare(ctx context.Context, seen *Seen, w Wanted) {
	for _, q := range w.Questions {
		m, err := a.ask(ctx, seen.Addr, query(q, seen.EDNS, false))
		if err != nil {
			return
		}
		if !m.Authoritative || m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
			continue
		}
		if set, ok := Answered(m, q, w.Content); ok {
			seen.Sets[q] = set
		}
	}
	seen.settle(w)
}

// settle forgets what was compared if another version was published meanwhile: half of it is from the one before.
func (s *Seen) settle(w Wanted) {
	soa := Question{w.Zone, dns.TypeSOA}
	if set, ok := s.Sets[soa]; ok && !w.Content && len(set) > serialFields && serialOf(set) != s.Serial {
		clear(s.Sets)
	}
}

// serialOf is the serial in the Set of an SOA RRset.
func serialOf(set Set) serial.Serial {
	at := len(set) - serialFields
	return serial.Serial(uint32(set[at])<<24 | uint32(set[at+1])<<16 | uint32(set[at+2])<<8 | uint32(set[at+3]))
}

// signed asks for the RRsets of the apex with their signatures; nil: the server did not answer all of it.
func (a *Asker) signed(ctx context.Context, seen *Seen, zone string) *Signed {
	out := new(Signed)
	for _, rrtype := range []uint16{dns.TypeDNSKEY, dns.TypeSOA, dns.TypeNS} {
		m, err := a.ask(ctx, seen.Addr, query(Question{zone, rrtype}, true, true))
		if err != nil || !m.Authoritative || m.Rcode != dns.RcodeSuccess {
			return nil
		}
		out.take(m, zone, rrtype)
	}
	return out
}

func (s *Signed) take(m *dns.Msg, zone string, rrtype uint16) {
	var set []dns.RR
	for _, rr := range m.Answer {
		if !strings.EqualFold(rr.Header().Name, zone) {
			continue
		}
		switch sig, ok := rr.(*dns.RRSIG); {
		case ok && sig.TypeCovered == rrtype:
			s.Sigs = append(s.Sigs, sig)
		case rr.Header().Rrtype == rrtype:
			set = append(set, rr)
		}
		if key, ok := rr.(*dns.DNSKEY); ok && rrtype == dns.TypeDNSKEY {
			s.Keys = append(s.Keys, key)
		}
	}
	s.Sets = append(s.Sets, set)
}
