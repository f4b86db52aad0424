package serialguard

import (
	"context"
	"errors"
	"fmt"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/transfer"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A source is a plugin of the server block that has zones of its own and gives them to the transfer plugin.
type source struct {
	name string
	transfer.Transferer
}

// sourcesOf are those of a server block, in the order in which queries and transfers find them. The zones of
// secondaryplus are for the gate.
func sourcesOf(handlers []plugin.Handler) (list []source) {
	for _, h := range handlers {
		if t, ok := h.(transfer.Transferer); ok && h.Name() != guardedName {
			list = append(list, source{h.Name(), t})
		}
	}
	return list
}

// ask begins a transfer. In the transfer plugin, the server survives a source that panics; so it does here.
func (s source) ask(name string, have serial.Serial) (stream <-chan []dns.RR, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the plugin panics: %v", r)
		}
	}()
	stream, err = s.Transfer(name, uint32(have))
	if err == nil && stream == nil {
		err = transfer.ErrNotAuthoritative // the transfer plugin takes it for that
	}
	return stream, err
}

var errNobody = errors.New("no plugin of the server block is authoritative for it")

// A taken zone is what a source has of it.
type taken struct {
	from    string        // the source
	version *zone.Version // nil: that with the serial that was asked with
	delta   *zone.Delta   // from the base
}

// look asks for a zone as IXFR does: most sources answer with their SOA alone if its serial is have, and with the whole
// zone if it is another one (RFC 1995 §4). Those that compare serials give no older version out like that.
func look(ctx context.Context, sources []source, apex owner.Name, have serial.Serial, base *zone.Version) (taken, error) {
	t, err := take(ctx, sources, apex, have, base)
	if errors.Is(err, errAlone) {
		return take(ctx, sources, apex, 0, base)
	}
	return t, err
}

// take asks the sources for a zone: all of it, as AXFR does, or if have is not 0, as IXFR does.
func take(ctx context.Context, sources []source, apex owner.Name, have serial.Serial, base *zone.Version) (taken, error) {
	for _, s := range sources {
		stream, err := s.ask(apex.Canonical(), have)
		if errors.Is(err, transfer.ErrNotAuthoritative) {
			continue
		}
		t := taken{from: s.name}
		if err == nil {
			t.version, t.delta, err = read(ctx, stream, apex, have, base)
		}
		return t, err
	}
	return taken{}, errNobody
}
