package refresh

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// unheard is how long a real SOA check takes to end without an answer.
const unheard = 4500 * ms

func silent(p *fakePrimary)  { p.rtt, p.deaf = unheard, xfr.ErrTimeout }
func talking(p *fakePrimary) { p.rtt, p.deaf = 0, nil }
func closed(p *fakePrimary)  { p.transfer, p.broken = 5*time.Second, xfr.ErrConnect }
func open(p *fakePrimary)    { p.transfer, p.broken = 0, nil }

// addrs are the primaries that are remembered.
func (r *reach) addrs() []netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.lost))
}

// ask asks for a refresh and lets it go on for some time.
func (r *rig) ask(z *Zone, d time.Duration) {
	r.s.Request(z)
	synctest.Wait()
	r.after(d)
}

// withSilent begins with a zone of which one primary is remembered as silent.
func (r *rig) withSilent(lost netip.AddrPort, addrs ...netip.AddrPort) *Zone {
	r.Helper()
	z := r.loaded(addrs...)
	r.set(lost, silent)
	r.ask(z, unheard-1)
	r.ended("") // it was waited for
	r.after(1)
	r.ended("current")
	r.took(r.T)
	return z
}

func TestSilentPrimariesAreNotWaitedFor(t *testing.T) {
	scenario(t, "when another one has our version, longer than the grace", Options{}, func(r *rig) {
		z := r.withSilent(addrB, addrA, addrB)
		view := z.Report().Primaries[1]
		if !view.Silent().Lasts(time.Now()) || !view.Silent().Since.Equal(time.Now()) || view.Closed() != (primary.Outage{}) {
			r.Errorf("reported %+v", view)
		}
		r.ask(z, newestGrace-1)
		r.ended("")
		r.after(1)
		r.ended("current")
		r.asked("soa A, soa B")
	})
	scenario(t, "when another one is newer, at all", Options{}, func(r *rig) {
		z := r.withSilent(addrC, addrA, addrB, addrC)
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 2, 20*ms })
		r.set(addrA, func(p *fakePrimary) { p.down = errRefused })
		r.ask(z, 20*ms)
		r.serves(z, 2)
	})
	scenario(t, "also where the silent one is the pinned one", Options{}, func(r *rig) {
		z := r.withSilent(addrA, addrA, addrB)
		r.serial(addrB, 2)
		r.ask(z, 0)
		r.serves(z, 2)
		r.pinned(z, addrA) // until its trouble has lasted
	})
	scenario(t, "until their outage is over", Options{}, func(r *rig) {
		z := r.withSilent(addrB, addrA, addrB)
		r.after(time.Minute)
		r.ask(z, unheard-1)
		r.ended("")
		r.after(1)
		r.ended("current")
		r.ask(z, newestGrace)
		r.ended("current")
		r.after(time.Minute) // the next one lasts for two
		r.ask(z, newestGrace)
		r.ended("current")
	})
	scenario(t, "a late answer that comes in time counts, and ends the outage", Options{}, func(r *rig) {
		z := r.withSilent(addrB, addrA, addrB)
		r.set(addrB, talking)
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 2, newestGrace-ms })
		r.ask(z, newestGrace)
		r.ended("waiting") // for A
		r.set(addrB, func(p *fakePrimary) { p.rtt = 4 * newestGrace })
		r.ask(z, 4*newestGrace)
		r.ended("waiting")
	})
	scenario(t, "a NOTIFY ends the outage", Options{}, func(r *rig) {
		z := r.withSilent(addrB, addrA, addrB)
		r.set(addrB, talking)
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 2, time.Second })
		r.notify(z, addrC, 2)
		r.after(time.Second)
		r.ended("current")
		r.notify(z, addrB, 2)
		r.after(time.Second)
		r.ended("waiting")
	})
	scenario(t, "an answer that is no good ends the outage", Options{}, func(r *rig) {
		z := r.withSilent(addrB, addrA, addrB)
		r.set(addrB, talking)
		r.set(addrB, func(p *fakePrimary) { p.deaf = errRefused })
		r.ask(z, newestGrace)
		if view := z.Report().Primaries[1]; view.Silent() != (primary.Outage{}) || !errors.Is(view.Err, xfr.ErrRefused) {
			r.Errorf("reported %+v", view)
		}
	})
	scenario(t, "they are waited for when nobody else gives anything", Options{}, func(r *rig) {
		z := r.withSilent(addrB, addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.down = errRefused })
		r.set(addrB, talking)
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 2, 4*time.Second })
		r.ask(z, 4*time.Second)
		r.serves(z, 2)
	})
	scenario(t, "they are waited for when a newer one does not give its version", Options{}, func(r *rig) {
		z := r.withSilent(addrB, addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.broken = 2, errDown })
		r.set(addrB, talking)
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 2, 4*time.Second })
		r.ask(z, 4*time.Second)
		r.serves(z, 2)
		r.asked("soa A, soa B, ixfr A, soa B, axfr B")
	})
	scenario(t, "what one zone learned, all know", Options{}, func(r *rig) {
		r.withSilent(addrB, addrA, addrB)
		z := r.add("another.example.", addrA, addrB)
		r.serves(z, 1)
	})
}

func TestTransfersThatCannotConnect(t *testing.T) {
	scenario(t, "drill 3: the next primary is asked, and the next change does not wait for the connection again", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		change := func() {
			for _, a := range []fakeAddr{addrA, addrB} {
				r.set(a, func(p *fakePrimary) { p.serial++ })
			}
			r.notify(z, addrA, z.Current().Serial()+1)
		}
		r.set(addrA, closed)
		change()
		r.after(5 * time.Second)
		r.serves(z, 2)
		r.asked("ixfr A, soa A, soa B, axfr B")
		if view := z.Report().Primaries[0]; !view.Closed().Lasts(time.Now()) || view.Silent().Failures > 0 {
			r.Errorf("reported %+v", view)
		}
		change()
		r.serves(z, 3) // A's NOTIFY shows that UDP is alive, which was known
		r.asked("soa A, soa B, ixfr B")
		r.pinned(z, addrA)
		for range primary.Tolerance / time.Minute {
			r.after(time.Minute)
			change()
			r.after(5 * time.Second)
		}
		r.pinned(z, addrB)
		r.set(addrA, open)
		r.serial(addrA, 1000)
		r.after(primary.Tolerance)
		r.ask(z, primary.Tolerance)
		r.serves(z, 1000)
		if view := z.Report().Primaries[0]; view.Closed() != (primary.Outage{}) {
			r.Errorf("reported %+v after a transfer", view)
		}
	})
	scenario(t, "the newest one is tried all the same, and so is the only one", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, closed)
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		r.after(10 * time.Second)
		r.serves(z, 1)
		r.set(addrA, open)
		r.took(r.T)
		r.ask(z, 0)
		r.serves(z, 2)
		r.asked("soa A, soa B, ixfr A")
	})
	scenario(t, "what one zone learned, all know", Options{}, func(r *rig) {
		r.loaded(addrA, addrB)
		r.set(addrA, closed)
		r.add("one.example.", addrA, addrB)
		r.after(5 * time.Second)
		r.took(r.T)
		z := r.add("two.example.", addrA, addrB)
		r.serves(z, 1)
		r.asked("soa A, soa B, axfr B")
	})
	scenario(t, "nor is one asked for an IXFR at once when it sends a NOTIFY", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, closed)
		r.add("another.example.", addrA, addrB)
		r.after(5 * time.Second)
		r.took(r.T)
		r.serial(addrA, 2)
		r.serial(addrB, 2)
		r.notify(z, addrA, 2)
		r.serves(z, 2)
		r.asked("soa A, soa B, axfr B")
	})
	scenario(t, "after silence a NOTIFY says that everything may work again", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, closed)
		r.set(addrA, silent)
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		r.after(10 * time.Second)
		r.set(addrA, talking)
		r.set(addrA, open)
		r.took(r.T)
		r.notify(z, addrA, 2)
		r.after(newestGrace)
		r.serves(z, 2)
		if o := r.s.reach.at(addrA); o != (primary.Outages{}) {
			r.Errorf("remembered %+v", o)
		}
	})
}

func TestThePrimariesThatAreRememberedAreBounded(t *testing.T) {
	r, now := newReach(), time.Now()
	for i := range 2 * mostLost {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 53)
		r.checked(primary.View{Addr: addr, Err: xfr.ErrTimeout}, now)
		if len(r.addrs()) > mostLost || !r.at(addr).Silent.Lasts(now) {
			t.Fatalf("%d are remembered, the last one: %+v", len(r.addrs()), r.at(addr))
		}
	}
	r.checked(primary.View{Addr: addrA, Err: xfr.ErrTimeout}, now.Add(time.Hour))
	if len(r.addrs()) != 1 {
		t.Errorf("%d are remembered although their outages are over", len(r.addrs()))
	}
}
