package refresh

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// roomy is config for zones so small that by default no delta has room beside them.
func roomy(f Fetcher, addrs ...fakeAddr) *Config {
	c := config(f, addrs...)
	c.Room = zone.Room{Octets: 1 << 20}
	return c
}

func TestWhatAZoneIsIsItsState(t *testing.T) {
	scenario(t, "of a zone that was never loaded there is nothing", Options{}, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		if s := r.add("example.", addrA).State(); s.Version != nil || s.Source.IsValid() || !s.Lease.Expire.IsZero() {
			r.Errorf("%+v", s)
		}
	})
	scenario(t, "source, pin, lease and deltas are those of the version", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		z.Configure(roomy(r.fake, addrA, addrB))
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.serial(addrB, 2)
		r.notify(z, addrB, 2)
		r.serial(addrB, 3)
		r.notify(z, addrB, 3)
		s := z.State()
		if s.Version != z.Current() || s.Version.Serial() != 3 || len(s.Deltas) != 2 {
			r.Errorf("serial %s with %d deltas", s.Version.Serial(), len(s.Deltas))
		}
		if s.Source != addrB || s.Pin != addrA {
			r.Errorf("from %s, pinned to %s", s.Source, s.Pin)
		}
		if s.Lease != z.Lease() {
			r.Errorf("%+v", s.Lease)
		}
	})
	scenario(t, "the source is not known before the report of the version is there", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		v, d := version(z.apex, z.Current(), 2, true)
		z.data.Publish(v, d, z.Config().Room) // as the refresh does, a moment before its report
		if s := z.State(); s.Version != v || s.Source.IsValid() {
			r.Errorf("serial %s is said to come from %s", s.Version.Serial(), s.Source)
		}
	})
}

func TestARestoredZoneGoesOnWhereItWas(t *testing.T) {
	scenario(t, "it is served, is due, and its primary is asked for an IXFR", Options{}, func(r *rig) {
		before := r.loaded(addrA, addrB)
		before.Configure(roomy(r.fake, addrA, addrB))
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.serial(addrB, 2)
		r.notify(before, addrB, 2)
		saved := before.State()
		r.s.Remove(before)
		r.after(time.Hour)
		r.took(r.T)

		z := NewZone(owner.MustParse("example."), roomy(r.fake, addrA, addrB))
		z.Restore(saved, time.Now())
		r.serves(z, 2)
		r.expires(z, expireAfter-time.Hour)
		if report := z.Report(); report.Source != addrB || report.Pinned != addrA || report.Last.New != 2 {
			r.Errorf("%+v", report)
		}
		if again := z.State(); again.Source != saved.Source || again.Pin != saved.Pin || again.Version != saved.Version || len(again.Deltas) != 1 {
			r.Errorf("saved at once, it is %+v", again)
		}
		r.serial(addrB, 3)
		r.s.Add(z)
		synctest.Wait()
		r.asked("soa A, soa B, ixfr B")
		r.serves(z, 3)
		if s := z.State(); len(s.Deltas) != 2 {
			r.Errorf("%d deltas: the restored one is not continued", len(s.Deltas))
		}
	})
	scenario(t, "without a known source the zone comes as a whole", Options{}, func(r *rig) {
		before := r.loaded(addrA)
		saved := before.State()
		saved.Source = fakeAddr{}
		r.s.Remove(before)
		z := NewZone(owner.MustParse("example."), config(r.fake, addrA))
		z.Restore(saved, time.Now())
		r.serial(addrA, 2)
		r.s.Add(z)
		synctest.Wait()
		r.asked("soa A, axfr A")
		r.serves(z, 2)
	})
	scenario(t, "a version that a force brings ends the deltas", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		z.Configure(roomy(r.fake, addrA))
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		if n := len(z.State().Deltas); n != 1 {
			r.Fatalf("%d deltas", n)
		}
		r.serial(addrA, 1)
		r.s.Order(z, Forced)
		synctest.Wait()
		r.serves(z, 1)
		if s := z.State(); len(s.Deltas) != 0 || s.Source != addrA {
			r.Errorf("%d deltas, from %s", len(s.Deltas), s.Source)
		}
	})
}
