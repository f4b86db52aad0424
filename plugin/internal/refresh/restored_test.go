package refresh

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// restart is a zone that a process after this one has, from what this one saved. The wall clock has moved by
// off meanwhile, and the primary's serial is 2.
func (r *rig) restart(off time.Duration) *Zone {
	before := r.loaded(addrA)
	saved := before.State()
	r.s.Remove(before)
	r.serial(addrA, 2)
	lease := &saved.Lease
	lease.Refreshed, lease.Due, lease.Expire = lease.Refreshed.Round(0).Add(-off), lease.Due.Round(0).Add(-off), lease.Expire.Round(0).Add(-off)
	z := NewZone(owner.MustParse("example."), config(r.fake, addrA))
	z.Restore(saved, time.Now())
	return z
}

func TestDrill23ARestoredZoneDoesNotBelieveTheWallClock(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, c := range []struct {
		name    string
		off     time.Duration
		expired bool
	}{
		{"the clock is a year ahead, or the zone was down for a year", year, true},
		{"down for four months", 120 * 24 * time.Hour, true},
		{"down for an hour", time.Hour, false},
		{"the clock is a year behind", -year, false},
	} {
		scenario(t, c.name, Options{}, func(r *rig) {
			z := r.restart(c.off)
			r.serves(z, 1)
			if z.Expired() != c.expired {
				t.Errorf("expired is %t", !c.expired)
			}
			if left := time.Until(z.Lease().Expire); left > expireAfter {
				t.Errorf("the lease lasts for another %v", left)
			}
			r.s.Add(z)
			synctest.Wait()
			r.asked("soa A, ixfr A") // at once
			r.serves(z, 2)
			r.expires(z, expireAfter)
			if z.Expired() {
				t.Error("still expired")
			}
		})
	}
	scenario(t, "the clock is a year behind, and the primary is down: it ends a day after its start", Options{}, func(r *rig) {
		z := r.restart(-year)
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.s.Add(z)
		r.after(expireAfter - time.Second)
		if z.Expired() {
			t.Error("expired too early")
		}
		r.after(time.Second)
		if !z.Expired() {
			t.Error("it does not expire")
		}
	})
}
