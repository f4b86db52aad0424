package secondaryplus

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/coredns/coredns/plugin/tsig"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// What becomes of a NOTIFY, as counted in notifies_total.
const (
	notifyAccepted = iota
	notifyCurrent  // its serial is the one that is served
	notifyRefused  // the sender has no permission
	notifyBadKey   // its TSIG does not verify
	notifyIgnored  // not for the SOA of a zone
	notifyResults
)

var notifyResultNames = [notifyResults]string{"accepted", "current", "refused", "badkey", "ignored"}

// serveNotify answers a NOTIFY at once and tells the scheduler (RFC 1996 §3, §4.7). Nothing is asked and
// nothing transferred here.
func (p *Plugin) serveNotify(ctx context.Context, w dns.ResponseWriter, r *dns.Msg, s *served, atApex bool) (int, error) {
	from := remote(w)
	key, status := signer(ctx, w, r)
	result, rcode := notifyAccepted, dns.RcodeSuccess
	switch {
	case status != nil:
		result, rcode = notifyBadKey, dns.RcodeNotAuth
		s.member.complain("%s: NOTIFY from %s refused: %v", s.name, from, status)
	case !atApex:
		result, rcode = notifyIgnored, dns.RcodeNotAuth
	case !s.permits(from, key):
		result, rcode = notifyRefused, dns.RcodeRefused
		s.member.complain("%s: NOTIFY from %s refused: no rule permits it", s.name, from)
	case r.Question[0].Qtype != dns.TypeSOA:
		result, rcode = notifyIgnored, dns.RcodeNotImplemented
	case !s.member.notify(hint(r, from)):
		result = notifyCurrent
	}
	s.member.rare().notifies[result].Add(1)

	m := new(dns.Msg)
	m.SetRcode(r, rcode)
	m.Authoritative = rcode == dns.RcodeSuccess
	if t := r.IsTsig(); t != nil && status == nil {
		m.SetTsig(t.Hdr.Name, t.Algorithm, t.Fudge, time.Now().Unix())
	}
	w.WriteMsg(m)
	return dns.RcodeSuccess, nil
}

// permits applies the `notify` rules; where none matches, the zone's primaries are allowed, and nobody else.
func (s *served) permits(from netip.Addr, key string) bool {
	if allowed, decided := s.config.notify.decide(from, key); decided {
		return allowed
	}
	for _, p := range s.config.primaries {
		if p.Addr.Addr().Unmap().WithZone("") == from.Unmap().WithZone("") {
			return true
		}
	}
	return false
}

// signer is the key that a message is signed with, as the tsig plugin found, or else the server. status is
// why a signature does not verify.
func signer(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (key string, status error) {
	if name, ok := tsig.ValidatedKeyName(ctx); ok {
		return name, nil
	}
	t := r.IsTsig()
	if t == nil {
		return "", nil
	}
	return keyName(t.Hdr.Name), w.TsigStatus()
}

// hint is what a NOTIFY says of the new version.
func hint(r *dns.Msg, from netip.Addr) refresh.Hint {
	h := refresh.Hint{From: from}
	for _, rr := range r.Answer {
		if soa, ok := rr.(*dns.SOA); ok {
			h.Serial, h.HasSerial = serial.Serial(soa.Serial), true
			break
		}
	}
	return h
}

// remote is the address of a client.
func remote(w dns.ResponseWriter) netip.Addr {
	switch a := w.RemoteAddr().(type) {
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap()
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap()
	}
	ap, _ := netip.ParseAddrPort(w.RemoteAddr().String())
	return ap.Addr().Unmap()
}
