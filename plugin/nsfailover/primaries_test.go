package nsfailover

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/prober"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// fine is a check that finds that all is well.
type fine netip.AddrPort

func (f fine) Key() prober.Key {
	return prober.Key{Kind: prober.KindSOA, Addr: netip.AddrPort(f)}
}

func (fine) Run(context.Context) prober.Result { return prober.Result{Outcome: prober.OK} }

// A single query that is not answered makes no primary suspect; so many in a row as `passive` says do, and a failed
// transfer does at once.
func TestWhatMakesAPrimarySuspect(t *testing.T) {
	const check, transfer = refresh.CheckUnanswered, refresh.TransferFailed
	for name, c := range map[string]struct {
		failures []refresh.Failure
		want     health.Phase
	}{
		"two of three queries": {[]refresh.Failure{check, check}, health.Up},
		"three queries":        {[]refresh.Failure{check, check, check}, health.Suspect},
		"a transfer":           {[]refresh.Failure{transfer}, health.Suspect},
		"a wrong answer":       {[]refresh.Failure{refresh.CheckFailed}, health.Suspect},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at := netip.MustParseAddrPort("192.0.2.1:53")
				p := prober.New(prober.Options{})
				defer p.Close()
				probing.Store(p)
				defer probing.Store(nil)
				params := health.Defaults()
				params.Passive = 3
				if err := p.Configure([]prober.Watch{{User: "u", Check: fine(at), Params: params}}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				for _, what := range c.failures {
					new(ranked).Failed(at, what, errors.New("why"))
				}
				if s, _ := p.State("u", fine(at).Key()); s.Phase() != c.want || s.Phase() == health.Suspect && s.Reason != "why" {
					t.Errorf("%s, since %q; want %s", s.Phase(), s.Reason, c.want)
				}
			})
		})
	}
}
