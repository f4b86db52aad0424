package refresh

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

const ms = time.Millisecond

func TestChoiceOfAPrimary(t *testing.T) {
	scenario(t, "primaries that do not answer or do not give are passed over in order", Options{}, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.set(addrB, func(p *fakePrimary) { p.serial, p.broken = 1, errRefused })
		r.serial(addrC, 1)
		z := r.add("example.", addrA, addrB, addrC)
		r.after(newestGrace)
		r.serves(z, 1)
		got := r.took(r.T)
		if want := []string{"soa A", "soa B", "soa C", "axfr B", "axfr C"}; !slices.Equal(got, want) {
			r.Errorf("asked %v", got)
		}
		o := r.results()[0]
		if o.Primary != addrC || len(o.Errs) != 2 || !errors.Is(o.Errs[0], errDown) || !errors.Is(o.Errs[1], errRefused) {
			r.Errorf("%+v", o)
		}
	})
	scenario(t, "all SOA checks run in parallel", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB, addrC)
		for _, a := range []fakeAddr{addrA, addrB, addrC} {
			r.set(a, func(p *fakePrimary) { p.rtt = time.Second })
		}
		r.s.Request(z)
		r.after(time.Second)
		r.ended("current")
	})
	scenario(t, "a slow second primary does not delay a pinned one that is newer", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.rtt = 2, 30*ms })
		r.set(addrB, func(p *fakePrimary) { p.hangs = true })
		r.s.Request(z)
		r.after(30 * ms)
		r.serves(z, 2)
		if o := r.results(); len(o) != 1 || len(o[0].Errs) != 0 {
			r.Errorf("%+v", o)
		}
	})
	scenario(t, "D8: a first primary that is not newer hides no newer one", Options{}, func(r *rig) {
		r.serial(addrA, 3)
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 5, newestGrace-ms })
		r.serial(addrC, 4)
		z := r.add("example.", addrA, addrB, addrC)
		r.after(newestGrace)
		r.serves(z, 5)
	})
	scenario(t, "a first load does not wait longer than the grace for something newer", Options{}, func(r *rig) {
		r.serial(addrA, 3)
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 5, time.Minute })
		z := r.add("example.", addrA, addrB)
		r.after(newestGrace - ms)
		if z.Current() != nil {
			r.Error("the grace was not waited for")
		}
		r.after(ms)
		r.serves(z, 3)
	})
	scenario(t, "a zone without primaries fails and is tried again", Options{}, func(r *rig) {
		z := r.add("example.")
		r.ended("failed")
		r.due(z, time.Second)
	})
}

func TestWhatIsTransferredIsJudged(t *testing.T) {
	three := serial.Serial(3)
	scenario(t, "D6: a transfer that is older than announced is refused, and the next primary asked", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.gives = 5, &three })
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 4, time.Second })
		r.s.Request(z)
		r.after(2 * time.Second)
		r.serves(z, 4)
		o := r.results()
		if len(o) != 1 || len(o[0].Errs) != 1 || !errors.Is(o[0].Errs[0], xfr.ErrOlder) {
			r.Fatalf("%+v", o)
		}
	})
	scenario(t, "primaries that were not waited for get the time they need when the others give nothing", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB, addrC)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.broken = 2, errDown })
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 3, time.Second })
		r.set(addrC, func(p *fakePrimary) { p.serial, p.rtt = 4, 5*time.Second })
		r.s.Request(z)
		r.after(5 * time.Second)
		r.serves(z, 4)
		r.asked("soa A, soa B, soa C, ixfr A, soa B, soa C, axfr C")
	})
	scenario(t, "a transfer that is newer than announced is taken", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.gives = 2, &three })
		r.s.Request(z)
		synctest.Wait()
		r.serves(z, 3)
	})
	scenario(t, "D6: a primary that announces a newer serial and then has ours gave nothing", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		one := serial.Serial(1)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.gives = 5, &one })
		r.s.Request(z)
		synctest.Wait()
		r.ended("failed")
		r.due(z, time.Second)
	})
	scenario(t, "D3: a zone without NS at the apex replaces nothing", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.noNS = 2, true })
		r.s.Request(z)
		synctest.Wait()
		r.serves(z, 1)
		if o := r.results()[0]; o.Result != Failed || !errors.Is(o.Errs[0], guard.ErrRejected) {
			r.Errorf("%+v", o)
		}
	})
	scenario(t, "a failure of this host asks nobody else", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		for _, a := range []fakeAddr{addrA, addrB} {
			r.set(a, func(p *fakePrimary) { p.serial, p.broken, p.rtt = 2, xfr.ErrLocal, 10*ms })
		}
		r.set(addrB, func(p *fakePrimary) { p.rtt = 9 * ms })
		r.s.Request(z)
		r.after(time.Second - ms)
		if got := r.took(r.T); len(got) != 3 || got[2] != "ixfr A" {
			r.Errorf("asked %v", got)
		}
		r.set(addrA, func(p *fakePrimary) { p.broken = nil })
		r.after(time.Minute)
		r.serves(z, 2)
		r.set(addrA, func(p *fakePrimary) { p.broken = xfr.ErrLocal })
		r.took(r.T)
		r.notify(z, addrA, 3)
		r.asked("ixfr A")
		if views := z.Report().Primaries; len(views) != 2 || views[0].Serial != 2 {
			r.Errorf("the report forgot the primaries: %+v", views)
		}
	})
}

func TestAChangeOfSourceIsTakenByAXFR(t *testing.T) {
	scenario(t, "the same source gives IXFR, another one AXFR, and from then on IXFR", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.serial(addrA, 2)
		r.s.Request(z)
		synctest.Wait()
		if got := r.took(r.T); got[len(got)-1] != "ixfr A" {
			r.Errorf("asked %v", got)
		}
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		for _, want := range []string{"axfr B", "ixfr B"} {
			r.set(addrB, func(p *fakePrimary) { p.serial = max(p.serial, 2) + 1 })
			r.s.Request(z)
			synctest.Wait()
			if got := r.took(r.T); got[len(got)-1] != want {
				r.Errorf("asked %v, want %s", got, want)
			}
		}
		r.serves(z, 4)
	})
	scenario(t, "with IXFR off there is only AXFR", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		c := config(r.fake, addrA)
		c.IXFR = false
		z.Configure(c)
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		r.asked("soa A, axfr A")
		r.serves(z, 2)
	})
}
