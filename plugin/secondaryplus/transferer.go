package secondaryplus

import (
	"errors"
	"fmt"

	"github.com/coredns/coredns/plugin/transfer"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/answer"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// errNotServed says that a zone has no content that may be given to others.
var errNotServed = errors.New("not loaded or expired")

// batch is how many records go to the transfer plugin at a time.
const batch = 100

// Transfer implements transfer.Transferer. An IXFR client whose serial is ours or newer gets our SOA alone
// (RFC 1995 §2, compared by RFC 1982), any other one the whole zone. A zone that has expired is not
// transferred (RFC 1034 §4.3.5).
func (p *Plugin) Transfer(name string, have uint32) (<-chan []dns.RR, error) {
	apex, err := owner.Parse(name)
	if err != nil {
		return nil, transfer.ErrNotAuthoritative
	}
	s, ok := p.table()[string(owner.AppendLower(nil, apex))]
	if !ok {
		return nil, transfer.ErrNotAuthoritative
	}
	v := s.zone().Current()
	if v == nil || s.zone().Expired() {
		return nil, fmt.Errorf("zone %s is %w", s.name, errNotServed)
	}
	out := make(chan []dns.RR)
	go send(out, v, have)
	return out, nil
}

// send writes a version to out, or its SOA alone. The transfer plugin reads to the end, also when its
// client is gone.
func send(out chan<- []dns.RR, v *zone.Version, have uint32) {
	defer close(out)
	soa := rr(v.SOARecord())
	if have != 0 && !v.Serial().Newer(serial.Serial(have)) {
		out <- []dns.RR{soa}
		return
	}
	list := make([]dns.RR, 0, batch)
	for record := range v.All() {
		if list = append(list, rr(record)); len(list) == batch {
			out <- list
			list = make([]dns.RR, 0, batch)
		}
	}
	out <- append(list, rr(v.SOARecord()))
}

func rr(record zone.RR) dns.RR { return answer.RR(record) }
