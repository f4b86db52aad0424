package secondaryplus

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// The messages of a transfer are packed and signed here, for which the MAC of the query is needed. The tsig
// plugin verifies it, takes the TSIG record off, and passes on the name of the key alone. So a handler before
// all others keeps the record of a query for a transfer.

// keepTSIG is that handler.
type keepTSIG struct{ next plugin.Handler }

// queryTSIG is the key under which a context has it.
type queryTSIG struct{}

// Name implements plugin.Handler.
func (keepTSIG) Name() string { return pluginName + "_tsig" }

// ServeDNS implements plugin.Handler.
func (k keepTSIG) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	if t := r.Question[0].Qtype; t == dns.TypeAXFR || t == dns.TypeIXFR {
		if t := r.IsTsig(); t != nil {
			ctx = context.WithValue(ctx, queryTSIG{}, t)
		}
	}
	return plugin.NextOrFailure(k.Name(), k.next, ctx, w, r)
}

// keepQueries puts the handler in front, if there are signed transfers to secondaries.
func keepQueries(site *dnsserver.Config, configs []config) {
	if len(site.TsigSecret) == 0 || !givesAway(configs) {
		return
	}
	site.Plugin = slices.Insert(site.Plugin, 0, func(next plugin.Handler) plugin.Handler { return keepTSIG{next} })
}

// errForeignKey says that a key is not defined in the server block. It may be in another one of the listener.
var errForeignKey = errors.New("its key is not defined in this server block")

// signedQuery is a query with a signature that was verified.
type signedQuery struct{ signer *xfr.Signer }

// signedQuery prepares for the signatures of the reply, with the query's key and algorithm.
func (p *Plugin) signedQuery(ctx context.Context, r *dns.Msg, key string) (*signedQuery, error) {
	t, ok := ctx.Value(queryTSIG{}).(*dns.TSIG)
	if !ok {
		t = r.IsTsig()
	}
	secret, known := p.secrets[key]
	if t == nil || !known {
		return nil, errForeignKey
	}
	k, err := xfr.NewKey(key, t.Algorithm, secret)
	if err != nil {
		return nil, err
	}
	mac, err := hex.DecodeString(t.MAC)
	if err != nil {
		return nil, err
	}
	return &signedQuery{k.Signer(mac)}, nil
}
