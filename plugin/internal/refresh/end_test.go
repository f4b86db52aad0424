package refresh

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// stages are the points at which a refresh can be stopped.
var stages = []struct {
	name string
	set  func(r *rig)
}{
	{"while it asks", func(r *rig) { r.set(addrA, func(p *fakePrimary) { p.hangs = true }) }},
	{"while it transfers", func(r *rig) { r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, 100*time.Hour }) }},
	{"while it waits for a slot", func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, 100*time.Hour })
		r.add("other.", addrA)
	}},
	{"while it waits for a place", func(r *rig) {
		r.set(addrB, func(p *fakePrimary) { p.hangs = true })
		r.add("other.", addrB)
	}},
}

func TestRemove(t *testing.T) {
	for _, stage := range stages {
		scenario(t, "a zone is removed "+stage.name+", and nothing is heard of it any more", Options{Running: 1, Transfers: 1}, func(r *rig) {
			z := r.loaded(addrA)
			stage.set(r)
			r.after(time.Minute)
			r.s.Request(z)
			synctest.Wait()
			r.s.Request(z) // one more in the queue
			lease := z.Lease()
			r.results()
			r.s.Remove(z)
			if _, ready, _ := r.s.Counts(); ready != 0 {
				r.Errorf("%d ready", ready)
			}
			if z.Lease() != lease {
				r.Error("being stopped changed the lease")
			}
			r.set(addrA, func(p *fakePrimary) { *p = fakePrimary{serial: 3} })
			r.s.Request(z)
			r.notify(z, addrA, 3)
			r.after(2 * expireAfter)
			r.serves(z, 1)
			for _, o := range r.results() {
				if o.Had && o.Old == 1 {
					r.Errorf("told: %+v", o)
				}
			}
			if z.Expired() {
				r.Error("a removed zone expires")
			}
		})
	}
	scenario(t, "a zone is removed twice at a time", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.hangs = true })
		r.s.Request(z)
		synctest.Wait()
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { r.s.Remove(z) })
		}
		both.Wait()
		r.s.Remove(z)
	})
	scenario(t, "a removed zone may come back, and goes on with its lease", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.s.Remove(z)
		r.after(time.Minute)
		r.s.Add(z)
		r.s.Add(z) // once is enough
		synctest.Wait()
		r.asked("")
		r.due(z, refreshEach-time.Minute)
		r.serial(addrA, 2)
		r.after(refreshEach)
		r.serves(z, 2)
		r.asked("soa A, ixfr A")
	})
	scenario(t, "a zone that is added again during its refresh goes on with it", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, time.Minute })
		r.s.Request(z)
		synctest.Wait()
		r.s.Add(z)
		r.s.Request(z)
		r.after(2 * time.Minute)
		r.serves(z, 2)
		r.asked("soa A, ixfr A, soa A")
	})
	scenario(t, "Remove waits for the observer of the zone's end", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.hangs = true })
		r.after(expireAfter - 1)
		observed := false
		r.told.Lock()
		r.onTold = func(_ *Zone, o Outcome) {
			if o.Result == Expired {
				time.Sleep(time.Minute)
				observed = true
			}
		}
		r.told.Unlock()
		r.after(1)
		r.s.Remove(z)
		if !observed {
			r.Error("Remove returned before Observe")
		}
	})
	scenario(t, "a zone may be removed from within the outcome of another", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.told.Lock()
		r.onTold = func(_ *Zone, o Outcome) {
			if o.New == 5 {
				r.s.Remove(z)
			}
		}
		r.told.Unlock()
		r.serial(addrB, 5)
		r.add("catalog.", addrB)
		r.took(r.T)
		r.after(2 * refreshEach)
		for _, c := range r.took(r.T) {
			if c != "soa B" {
				r.Error(c)
			}
		}
	})
}

func TestClose(t *testing.T) {
	for _, stage := range stages {
		scenario(t, "the scheduler is closed "+stage.name, Options{Running: 1, Transfers: 1}, func(r *rig) {
			z := r.loaded(addrA)
			stage.set(r)
			r.after(time.Minute)
			r.s.Request(z)
			synctest.Wait()
			lease := z.Lease()
			r.results()
			r.s.Close()
			if got := r.results(); len(got) != 0 {
				r.Errorf("told: %+v", got)
			}
			if z.Lease() != lease {
				r.Error("being stopped changed the lease")
			}
			if running, _, transfers := r.s.Counts(); running != 0 || transfers != 0 {
				r.Errorf("%d running, %d transfers", running, transfers)
			}
			if len(r.s.places.taken) != 0 {
				r.Error("a place was not given back")
			}
			r.s.Notify(z, Hint{})
			r.s.Remove(z)
		})
	}
}

// lateFetcher ends its transfers with success although they were stopped.
type lateFetcher struct{ *fake }

func (f lateFetcher) Fetch(ctx context.Context, apex owner.Name, p xfr.Primary, have *zone.Version, o xfr.Options) (xfr.Fetched, error) {
	if have != nil {
		<-ctx.Done()
	}
	return f.fake.Fetch(context.WithoutCancel(ctx), apex, p, have, o)
}

func TestWhatWasPublishedIsTold(t *testing.T) {
	scenario(t, "a version that was published while the zone was removed is told", Options{}, func(r *rig) {
		r.serial(addrA, 1)
		c := config(lateFetcher{r.fake}, addrA)
		z := NewZone(owner.MustParse("example."), c)
		r.s.Add(z)
		synctest.Wait()
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		r.results()
		r.s.Remove(z)
		r.serves(z, 2)
		r.ended("updated")
	})
}

func TestReconfiguration(t *testing.T) {
	scenario(t, "a transfer from a primary that was taken away meanwhile is not published", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, time.Minute })
		r.notify(z, addrA, 2)
		z.Configure(config(r.fake, addrB))
		r.serial(addrB, 3)
		r.after(time.Minute)
		r.serves(z, 1)
		r.after(time.Second)
		r.serves(z, 3)
		r.pinned(z, addrB)
		r.took(r.T)
		r.serial(addrB, 4)
		r.notify(z, addrB, 4)
		r.asked("ixfr B")
		if v := z.Report().Primaries; len(v) != 1 {
			r.Errorf("%+v", v)
		}
	})
	scenario(t, "a transfer from a primary that stays is published although others change", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, time.Minute })
		r.notify(z, addrA, 2)
		z.Configure(config(r.fake, addrC, addrA))
		r.after(time.Minute)
		r.serves(z, 2)
		r.pinned(z, addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 3, 0 })
		r.notify(z, addrA, 3)
		r.serves(z, 3)
		if v := z.Report().Primaries; len(v) != 1 || v[0].Addr != addrA {
			r.Errorf("the report names one that is no primary: %+v", v)
		}
	})
	scenario(t, "the report lists primaries in the configured order", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.s.Request(z)
		synctest.Wait()
		z.Configure(config(r.fake, addrB, addrA))
		r.serial(addrA, 2)
		r.took(r.T)
		r.notify(z, addrA, 2)
		r.asked("ixfr A")
		if v := z.Report().Primaries; len(v) != 2 || v[0].Addr != addrB {
			r.Errorf("%+v", v)
		}
	})
	scenario(t, "the pinned primary is taken away: another one takes its place at once", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		z.Configure(config(r.fake, addrB, addrC))
		r.serial(addrB, 2)
		r.serial(addrC, 2)
		r.s.Request(z)
		synctest.Wait()
		r.serves(z, 2)
		r.pinned(z, addrB)
	})
}
