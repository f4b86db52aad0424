package secondaryplus

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin/pkg/transport"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/outgoing"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// outgoingTransfer is one query of a secondary for a zone, while it is answered. All of it happens in the
// goroutine of the query.
type outgoingTransfer struct {
	*served
	w       dns.ResponseWriter
	r       *dns.Msg
	from    netip.Addr
	query   outgoing.Query
	carrier carrier
	signed  *signedQuery // nil: the query is not signed
	crowd   *crowd
	turn    *turn // its place in the crowd, if it needs one
}

// carrier is what a query came over.
type carrier uint8

const (
	unfit    carrier = iota // one message, and no place for many (DNS over HTTPS, QUIC or gRPC)
	datagram                // UDP
	stream                  // TCP or TLS
)

// serveTransfer answers AXFR and IXFR for those whom `transfer to` names. Where the stanza has none, the
// transfer plugin has answered before us what may be transferred.
func (p *Plugin) serveTransfer(ctx context.Context, w dns.ResponseWriter, r *dns.Msg, s *served, atApex bool) (int, error) {
	if len(s.config.downstream) == 0 {
		return dns.RcodeRefused, nil
	}
	t := &outgoingTransfer{served: s, w: w, r: r, from: remote(w), carrier: carrierOf(ctx, w, r), crowd: process.crowd}
	t.query.Type = r.Question[0].Qtype
	key, status := signer(ctx, w, r)
	if status == nil && key != "" {
		t.signed, status = p.signedQuery(ctx, r, key)
	}
	switch {
	case status != nil:
		return t.refuse(dns.RcodeNotAuth, status.Error())
	case !atApex:
		return t.refuse(dns.RcodeNotAuth, "it is not the apex")
	case !s.config.gives(t.from, key):
		return t.refuse(dns.RcodeRefused, "no rule permits it")
	case t.carrier == unfit:
		return t.refuse(dns.RcodeRefused, "it did not come over TCP, TLS or UDP")
	case t.carrier == datagram && t.query.Type == dns.TypeAXFR:
		return t.refuse(dns.RcodeFormatError, "an AXFR over UDP") // RFC 5936 §4.2
	case !t.ask():
		return t.refuse(dns.RcodeFormatError, "it has no SOA") // RFC 1995 §3
	}
	return t.give()
}

// gives says whether one of the rules permits a secondary to have the zone. key is the name of the TSIG key
// that verified the query, empty for an unsigned one.
func (c *config) gives(to netip.Addr, key string) bool {
	to = to.Unmap().WithZone("")
	for _, r := range c.downstream {
		if r.prefix.IsValid() && !r.prefix.Contains(to) {
			continue
		}
		if r.key == nil || keyName(r.key.Name.String()) == key {
			return true
		}
	}
	return false
}

// carrierOf tells by the server's address what kind of server the query came to: clients of DNS over HTTPS and
// gRPC have a TCP address, too.
func carrierOf(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) carrier {
	server, ok := ctx.Value(dnsserver.Key{}).(*dnsserver.Server)
	if !ok || !strings.HasPrefix(server.Addr, transport.DNS+"://") && !strings.HasPrefix(server.Addr, transport.TLS+"://") {
		return unfit
	}
	state := request.Request{W: w, Req: r}
	if state.Proto() == "udp" {
		return datagram
	}
	return stream
}

// ask fills in the query for what it says itself, and says whether that is well-formed.
func (t *outgoingTransfer) ask() bool {
	t.query.ID, t.query.RD, t.query.Datagram = t.r.Id, t.r.RecursionDesired, t.carrier == datagram
	var err error
	if t.query.Name, err = owner.Parse(t.r.Question[0].Name); err != nil {
		return false
	}
	if t.query.Type != dns.TypeIXFR {
		return true
	}
	if len(t.r.Ns) != 1 {
		return false
	}
	soa, ok := t.r.Ns[0].(*dns.SOA)
	if ok {
		t.query.Have = serial.Serial(soa.Serial)
	}
	return ok
}

// refuse replies with an error, counts and complains.
func (t *outgoingTransfer) refuse(rcode int, why string) (int, error) {
	t.count(asked(t.query.Type), outRefused)
	t.member.complain("%s: %s of %s refused: %s", t.name, dns.TypeToString[t.query.Type], t.from, why)
	m := new(dns.Msg)
	m.SetRcode(t.r, rcode)
	if own := t.r.IsTsig(); own != nil && t.w.TsigStatus() == nil {
		m.SetTsig(own.Hdr.Name, own.Algorithm, own.Fudge, time.Now().Unix())
	}
	t.w.WriteMsg(m)
	return dns.RcodeSuccess, nil
}

// give decides what is sent, and sends it. A zone that has expired is given to nobody (RFC 1034 §4.3.5).
func (t *outgoingTransfer) give() (int, error) {
	zone := t.zone()
	published := zone.Published()
	switch {
	case published.Version == nil:
		t.count(asked(t.query.Type), outRefused)
		return t.member.unanswered(t.w, t.r, stateUnloaded)
	case zone.Expired():
		t.count(asked(t.query.Type), outRefused)
		return t.member.unanswered(t.w, t.r, stateExpired)
	}
	if !outgoing.Light(published, t.query, t.config.ratio) {
		if t.turn = t.crowd.enter(); t.turn == nil {
			return t.refuse(dns.RcodeServerFailure, "too many transfers are under way")
		}
		defer t.turn.leave()
	}
	t.query.OPT = t.option(zone)
	t.send(t.member.nets.Decide(published, t.query, t.config.ratio))
	return dns.RcodeSuccess, nil
}
