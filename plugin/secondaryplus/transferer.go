package secondaryplus

import (
	"errors"
	"fmt"

	"github.com/coredns/coredns/plugin/transfer"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/answer"
	"github.com/understudy-dns/understudy/plugin/internal/outgoing"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// errNotServed says that a zone has no content that may be given to others.
var errNotServed = errors.New("not loaded or expired")

// batch is how many records go to the transfer plugin at a time.
const batch = 100

// Transfer implements transfer.Transferer: what an AXFR client is given, or an IXFR client that has a serial
// other than 0 (see outgoing.Decide). A zone that has expired is not transferred (RFC 1034 §4.3.5), however its
// queries are answered.
func (p *Plugin) Transfer(name string, have uint32) (<-chan []dns.RR, error) {
	apex, err := owner.Parse(name)
	if err != nil {
		return nil, transfer.ErrNotAuthoritative
	}
	s, ok := p.table()[string(owner.AppendLower(nil, apex))]
	if !ok {
		return nil, transfer.ErrNotAuthoritative
	}
	published := s.zone().Published()
	if published.Version == nil || s.zone().Expired() {
		return nil, fmt.Errorf("zone %s is %w", s.name, errNotServed)
	}
	out := make(chan []dns.RR)
	q := outgoing.Query{Type: dns.TypeAXFR}
	if have != 0 {
		q.Type, q.Have = dns.TypeIXFR, serial.Serial(have)
	}
	go send(out, s.member.nets.Decide(published, q, s.config.ratio))
	return out, nil
}

// send writes the records of a reply to out; that plugin sends them as they come. It reads to the end, also
// when its client is gone.
func send(out chan<- []dns.RR, reply outgoing.Reply) {
	defer close(out)
	var list []dns.RR
	for record, err := range reply.Records() {
		if err != nil {
			return // without the final SOA, no client takes the reply for complete
		}
		if list = append(list, answer.RR(record)); len(list) == batch {
			out <- list
			list = nil
		}
	}
	if len(list) > 0 {
		out <- list
	}
}
