package refresh

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// digesting is a Fetcher of zones with a ZONEMD that does not fit, if they come in one of these ways.
type digesting struct {
	*fake
	wrong []xfr.How
}

func (d digesting) Fetch(ctx context.Context, apex owner.Name, p xfr.Primary, have *zone.Version, o xfr.Options) (xfr.Fetched, error) {
	f, err := d.fake.Fetch(ctx, apex, p, have, o)
	if err != nil || f.Version == nil || !slices.Contains(d.wrong, f.How) {
		return f, err
	}
	t := zone.Replace(apex, have)
	data := append(binary.BigEndian.AppendUint32(nil, uint32(f.Version.Serial())), 1, 1)
	for rr := range f.Version.All() {
		err = errors.Join(err, t.Add(rr))
	}
	err = errors.Join(err, t.Add(zone.RR{Owner: apex, Type: dns.TypeZONEMD, TTL: 60, Data: append(data, make([]byte, 48)...)}))
	var commitErr error
	f.Version, f.Delta, commitErr = t.Commit()
	return f, errors.Join(err, commitErr)
}

func TestADigestThatFailsAfterAnIXFR(t *testing.T) {
	for _, c := range []struct {
		name   string
		wrong  []xfr.How
		mode   guard.Mode
		asked  string
		serves uint32
		errs   int
	}{
		{"the same primary gives the whole zone in the same cycle", []xfr.How{xfr.ByIXFR}, guard.Verify, "ixfr A, axfr A", 2, 1},
		{"when that fails, too, the next primary is asked", []xfr.How{xfr.ByIXFR, xfr.ByAXFR}, guard.Verify, "ixfr A, axfr A, soa A, soa B, ixfr A, axfr A, axfr B", 1, 5},
		{"nothing is asked again when digests do not matter", []xfr.How{xfr.ByIXFR}, guard.Off, "ixfr A", 2, 0},
	} {
		scenario(t, c.name, Options{}, func(r *rig) {
			z := r.loaded(addrA, addrB)
			changed := config(digesting{r.fake, c.wrong}, addrA, addrB)
			changed.Rules.ZONEMD = c.mode
			z.Configure(changed)
			// B's SOA is there before that of A, which ends the wait for all others.
			r.set(addrA, func(p *fakePrimary) { p.serial, p.rtt = 2, ms })
			r.serial(addrB, 2)
			r.notify(z, addrA, 2)
			r.after(ms)
			r.asked(c.asked)
			if got := uint32(z.Current().Serial()); got != c.serves {
				r.Errorf("serial %d is served", got)
			}
			o := r.results()[0]
			if len(o.Errs) != c.errs {
				r.Errorf("%d errors: %v", len(o.Errs), o.Errs)
			}
			for _, err := range o.Errs {
				if !errors.Is(err, guard.ErrDigest) {
					r.Error(err)
				}
			}
		})
	}
}
