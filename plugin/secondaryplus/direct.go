package secondaryplus

import (
	"context"
	"reflect"
	"sync/atomic"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/metrics"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
)

// Most answers are packed here, from the pages of the zone, and written as octets: see octets. That passes by what
// other plugins want to see or change of an answer, for which each has a writer of its own. So it is done only where
// every writer between us and the socket is known, and where what it does to a message is nothing, or is done here.

// A sink takes octets to the client.
type sink struct {
	w       dns.ResponseWriter
	counter *metrics.Recorder // of the prometheus plugin, which takes the RCODE from messages; or nil
}

func (s sink) write(octets []byte, rcode int) {
	if s.counter != nil {
		s.counter.Rcode = rcode
	}
	_, _ = s.w.Write(octets)
}

// tracker is the type of the writer that CoreDNS puts between two plugins. It notes, for messages and octets alike,
// which plugin wrote.
var tracker = func() (t reflect.Type) {
	look := plugin.HandlerFunc(func(_ context.Context, w dns.ResponseWriter, _ *dns.Msg) (int, error) {
		t = reflect.TypeOf(w)
		return dns.RcodeSuccess, nil
	})
	_, _ = plugin.NextOrFailure("", look, context.Background(), nil, nil)
	return t
}()

// sinkOf is what octets that answer r can be written to, when messages are written to w. The server's ScrubWriter
// gives a message its OPT record and makes it fit; that is done here for r, and not for another query.
func (p *Plugin) sinkOf(w dns.ResponseWriter, r *dns.Msg) (s sink, ok bool) {
	s.w = w
	for {
		switch t := w.(type) {
		case *request.ScrubWriter:
			return s, scrubs(t, r) && p.sockets.has(t.ResponseWriter)
		case *metrics.Recorder:
			if s.counter != nil {
				return s, false
			}
			s.counter, w = t, t.ResponseWriter
		default:
			v := reflect.ValueOf(w)
			if !v.IsValid() || v.Type() != tracker {
				return s, false
			}
			w, _ = v.Elem().Field(0).Interface().(dns.ResponseWriter)
		}
	}
}

func scrubs(w *request.ScrubWriter, r *dns.Msg) bool {
	return scrubbed >= 0 && reflect.ValueOf(w).Elem().Field(scrubbed).Pointer() == reflect.ValueOf(r).Pointer()
}

// scrubbed is the place of the query in a ScrubWriter; negative: it is not known.
var scrubbed = fieldOf(reflect.TypeFor[request.ScrubWriter](), "req", reflect.Pointer)

func fieldOf(t reflect.Type, name string, kind reflect.Kind) int {
	f, ok := t.FieldByName(name)
	if !ok || f.Type.Kind() != kind || len(f.Index) != 1 {
		return -1
	}
	return f.Index[0]
}

// sockets know the type of the writers that a dns.Server makes. It has no name outside of that package.
type sockets struct{ known atomic.Pointer[socketType] }

type socketType struct {
	reflect.Type
	writer int // the place of what writes octets of messages: itself, unless it is decorated
}

// has says that w writes octets to a socket as it does the octets of messages. It does not, where its writer is
// decorated: octets would pass by the decoration (that of shed, for one).
func (s *sockets) has(w dns.ResponseWriter) bool {
	v := reflect.ValueOf(w)
	if v.Kind() != reflect.Pointer {
		return false
	}
	t := s.known.Load()
	if t == nil || v.Type() != t.Type {
		if t = socketTypeOf(v.Type()); t == nil {
			return false
		}
		s.known.Store(t)
	}
	writer := v.Elem().Field(t.writer).Elem()
	return writer.IsValid() && writer.Type() == t.Type && writer.Pointer() == v.Pointer()
}

// socketTypeOf is nil for any other type.
func socketTypeOf(t reflect.Type) *socketType {
	if t.Elem().PkgPath() != reflect.TypeFor[dns.Msg]().PkgPath() || t.Elem().Name() != "response" {
		return nil
	}
	at := fieldOf(t.Elem(), "writer", reflect.Interface)
	if at < 0 {
		return nil
	}
	return &socketType{t, at}
}
