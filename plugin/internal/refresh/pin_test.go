package refresh

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

func (r *rig) pinned(z *Zone, want fakeAddr) {
	r.Helper()
	if got := z.Report().Pinned; got != want {
		r.Errorf("pinned to %s, want %s", got, want)
	}
}

func TestTheZoneStaysWithItsPrimary(t *testing.T) {
	scenario(t, "a pinned primary that is behind is waited for until the tolerance is over, to the moment", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.serial(addrB, 2)
		r.notify(z, addrB, 2)
		r.ended("waiting")
		r.expires(z, expireAfter) // the pinned one has our version
		r.due(z, primary.Tolerance)
		r.after(primary.Tolerance - 1)
		r.serves(z, 1)
		r.pinned(z, addrA)
		r.after(1)
		r.serves(z, 2)
		r.pinned(z, addrB)
	})
	scenario(t, "a pinned primary that catches up in time keeps its place", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.serial(addrB, 2)
		r.notify(z, addrB, 2)
		r.after(time.Minute)
		r.serial(addrA, 2)
		r.set(addrB, func(p *fakePrimary) { p.rtt = 10 * ms })
		r.took(r.T)
		r.notify(z, addrA, 2)
		r.after(10 * ms) // B is heard too: only that ends the trouble
		r.asked("soa A, soa B, ixfr A")
		r.serial(addrA, 3)
		r.notify(z, addrA, 3)
		r.asked("ixfr A") // at once again
		r.after(2 * refreshEach)
		r.pinned(z, addrA)
	})
	scenario(t, "a pinned primary older than the zone is left after the tolerance, and proves nothing until then", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		for _, a := range []fakeAddr{addrA, addrB} {
			r.serial(a, 5)
		}
		r.s.Request(z)
		synctest.Wait()
		r.serves(z, 5)
		r.results()
		r.after(time.Minute)
		r.serial(addrA, 4)
		r.serial(addrB, 6)
		r.s.Request(z)
		synctest.Wait()
		r.ended("waiting")
		r.expires(z, expireAfter-time.Minute)
		r.after(primary.Tolerance - 1)
		r.serves(z, 5)
		r.after(1)
		r.serves(z, 6)
	})
	scenario(t, "a pinned primary that is down is replaced at once as a source, and as the pinned one after the tolerance", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.serial(addrB, 2)
		r.notify(z, addrB, 2)
		r.serves(z, 2)
		r.pinned(z, addrA)
		r.after(primary.Tolerance)
		r.serial(addrB, 3)
		r.notify(z, addrB, 3)
		r.serves(z, 3)
		r.pinned(z, addrB)
	})
	scenario(t, "a pinned primary that announces and does not give is left after the tolerance", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.broken = errDown })
		now := time.Now()
		for i := serial.Serial(2); time.Since(now) < 2*primary.Tolerance; i++ {
			r.serial(addrA, i)
			r.serial(addrB, i)
			r.notify(z, addrA, i)
			r.serves(z, i)
			if early := time.Since(now) < primary.Tolerance; early != (z.Report().Pinned == addrA) {
				r.Errorf("after %s: pinned to %s", time.Since(now), z.Report().Pinned)
			}
			r.after(time.Minute)
		}
		r.took(r.T)
		r.serial(addrB, 1000)
		r.notify(z, addrB, 1000)
		r.asked("ixfr B")
	})
	scenario(t, "a transfer that failed once does not cost a primary its place", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.broken = 2, errDown })
		r.s.Request(z)
		synctest.Wait()
		r.set(addrA, func(p *fakePrimary) { p.broken = nil })
		r.after(time.Second)
		r.serves(z, 2)
		r.serial(addrB, 2)
		r.after(3 * refreshEach)
		r.serial(addrA, 3)
		r.serial(addrB, 4)
		r.s.Request(z)
		synctest.Wait()
		r.serves(z, 3)
		r.pinned(z, addrA)
	})
	scenario(t, "a slow pinned primary that is behind is not overtaken before the tolerance", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.rtt = 2 * newestGrace })
		r.serial(addrB, 2)
		for range 5 {
			r.notify(z, addrB, 2)
			r.after(time.Minute)
			r.serves(z, 1)
		}
	})
	scenario(t, "a pinned primary that is down is not waited for in the next round", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.down, p.rtt = errDown, 4500*ms })
		r.serial(addrB, 2)
		r.notify(z, addrB, 2)
		r.after(4500 * ms)
		r.serves(z, 2)
		r.serial(addrB, 3)
		r.notify(z, addrB, 3)
		r.after(newestGrace)
		r.serves(z, 3)
	})
}

func TestAPrimaryThatIsAlwaysBehind(t *testing.T) {
	for _, rtt := range []time.Duration{10 * ms, newestGrace + 50*ms} {
		scenario(t, fmt.Sprintf("one that moves is left all the same, for one that is %s away", rtt), Options{}, func(r *rig) {
			z := r.loaded(addrA, addrB)
			for i := serial.Serial(2); i < 200; i++ {
				r.serial(addrA, i)
				r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 1000+i, rtt })
				r.notify(z, addrA, i)
				r.after(5 * time.Second)
				r.notify(z, addrB, 1000+i)
				r.after(5 * time.Second)
			}
			r.pinned(z, addrB)
		})
	}
}

func TestAPrimaryThatIsLeftDelaysNothing(t *testing.T) {
	scenario(t, "a slow pinned primary that is behind is not waited for any more when the tolerance is over", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.rtt = 10 * time.Second })
		r.serial(addrB, 2)
		r.s.Request(z)
		r.after(10*time.Second + primary.Tolerance)
		r.serves(z, 1)
		r.after(newestGrace)
		r.serves(z, 2)
	})
}

func TestTwoPrimariesThatDisagree(t *testing.T) {
	scenario(t, "drill 34: leapfrogging serials cause no alternation", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		for i := serial.Serial(1); i < 100; i++ {
			ahead := addrA
			if i%2 == 0 {
				ahead = addrB
			}
			r.serial(ahead, 10*i)
			r.notify(z, ahead, 10*i)
			r.after(time.Minute)
			if i > 1 {
				if v := z.Report(); len(v.Primaries) != 2 || v.Primaries[0].Serial == v.Primaries[1].Serial {
					r.Fatalf("the operator does not see both serials: %+v", v.Primaries)
				}
			}
		}
		r.pinned(z, addrA)
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, c := range r.calls {
			if c.what != "soa" && c.from == addrB {
				r.Fatal("something was transferred from B")
			}
		}
	})
	scenario(t, "drill 33: the same serial with different data stays with the pinned one", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		for i := serial.Serial(2); i < 10; i++ {
			r.serial(addrA, i)
			r.serial(addrB, i)
			r.notify(z, addrB, i)
			r.after(refreshEach)
			r.pinned(z, addrA)
		}
		for _, what := range r.took(r.T) {
			if what == "ixfr B" || what == "axfr B" {
				r.Fatal("something was transferred from B")
			}
		}
	})
	scenario(t, "serials without an order as a whole neither spin nor wait for ever", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.serial(addrA, 1<<31-1)
		r.s.Request(z)
		synctest.Wait()
		r.serial(addrA, 0)     // older than ours
		r.serial(addrB, 1<<31) // newer than ours, exactly as far from A's as to be incomparable
		r.took(r.T)
		r.s.Request(z)
		r.after(time.Second - 1)
		r.asked("soa A, soa B")
		r.after(primary.Tolerance)
		r.serves(z, 1<<31)
	})
}
