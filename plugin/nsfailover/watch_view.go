package nsfailover

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/pkg/nonwriter"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A view is what this server knows of a zone itself.
type view interface {
	// records are those of a name of the zone and a type; ok is false if it is not known.
	records(ctx context.Context, name string, rrtype uint16) (list []dns.RR, ok bool)
	// sets are the answers to questions, and of which serial they are; ok is false if there are none.
	sets(ctx context.Context, questions []nswatch.Question, content bool) (sets map[nswatch.Question]nswatch.Set, s serial.Serial, ok bool)
}

// view is the version of secondaryplus, or whatever another plugin of the server block answers; nil: nobody is an
// authority for the zone here, or has a version yet.
func (w *watch) view(apex owner.Name) view {
	if w.secondary != nil {
		if v, ok := w.secondary.Current(apex); ok {
			if v == nil {
				return nil
			}
			return ofVersion{v}
		}
	}
	if len(w.others) == 0 {
		return nil
	}
	return ofPlugins{w.others, apex.Canonical()}
}

type ofVersion struct{ version *zone.Version }

func (v ofVersion) records(_ context.Context, name string, rrtype uint16) (list []dns.RR, ok bool) {
	n, err := owner.Parse(name)
	if err != nil {
		return nil, false
	}
	key, ok := owner.AppendKey(nil, n, v.version.Apex())
	if !ok {
		return nil, false
	}
	node, _ := v.version.Get(key)
	if node.IsZero() {
		return nil, true
	}
	set, _ := node.RRset(rrtype)
	for data := range set.Data() {
		wire := zone.RR{Owner: n, Type: rrtype, TTL: set.TTL, Data: data}.AppendWire(nil)
		if rr, _, err := dns.UnpackRR(wire, 0); err == nil {
			list = append(list, rr)
		}
	}
	return list, true
}

func (v ofVersion) sets(_ context.Context, list []nswatch.Question, content bool) (map[nswatch.Question]nswatch.Set, serial.Serial, bool) {
	return nswatch.VersionSets(v.version, list, content), v.version.Serial(), true
}

// ofPlugins are plugins that are asked as a client asks.
type ofPlugins struct {
	handlers []plugin.Handler
	zone     string
}

func (p ofPlugins) records(ctx context.Context, name string, rrtype uint16) ([]dns.RR, bool) {
	m := p.ask(ctx, name, rrtype)
	if m == nil || !dns.IsSubDomain(p.zone, name) {
		return nil, false
	}
	list := slices.DeleteFunc(slices.Clone(m.Answer), func(rr dns.RR) bool {
		return rr.Header().Rrtype != rrtype || !strings.EqualFold(rr.Header().Name, name)
	})
	return list, m.Authoritative
}

func (p ofPlugins) sets(ctx context.Context, list []nswatch.Question, content bool) (map[nswatch.Question]nswatch.Set, serial.Serial, bool) {
	sets := make(map[nswatch.Question]nswatch.Set)
	soa, _ := p.records(ctx, p.zone, dns.TypeSOA)
	if len(soa) != 1 {
		return nil, 0, false
	}
	for _, q := range list {
		if m := p.ask(ctx, q.Name, q.Type); m != nil && m.Authoritative {
			if set, ok := nswatch.Answered(m, q, content); ok {
				sets[q] = set
			}
		}
	}
	return sets, serial.Serial(soa[0].(*dns.SOA).Serial), true
}

// ask asks the first plugin that is an authority for the zone.
func (p ofPlugins) ask(ctx context.Context, name string, rrtype uint16) *dns.Msg {
	for _, h := range p.handlers {
		m, err := askPlugin(ctx, h, new(dns.Msg).SetQuestion(name, rrtype))
		if err != nil {
			log.Debugf("%s: %s: %v", p.zone, h.Name(), err)
			continue
		}
		if m != nil && m.Authoritative {
			return m
		}
	}
	return nil
}

// askPlugin asks one. In a query of a client the server survives a plugin that panics, and so it does here.
func askPlugin(ctx context.Context, h plugin.Handler, q *dns.Msg) (m *dns.Msg, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("the plugin panics: %v", r)
		}
	}()
	w := nonwriter.New(ourselves{})
	_, err = h.ServeDNS(ctx, w, q)
	return w.Msg, err
}

// ourselves is the client of a query that nobody sent.
type ourselves struct{ dns.ResponseWriter }

// RemoteAddr implements dns.ResponseWriter.
func (ourselves) RemoteAddr() net.Addr { return loopbackTCP }

// LocalAddr implements dns.ResponseWriter.
func (ourselves) LocalAddr() net.Addr { return loopbackTCP }

// loopbackTCP has nothing cut off that is too long for a datagram.
var loopbackTCP = net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:53"))
