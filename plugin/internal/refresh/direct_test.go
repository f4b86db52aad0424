package refresh

import (
	"testing"
	"testing/synctest"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

func TestWithoutASOACheck(t *testing.T) {
	scenario(t, "a new zone of a primary that has just given another one is transferred at once", Options{}, func(r *rig) {
		r.loaded(addrA)
		z := r.add("other.", addrA)
		r.asked("axfr A")
		r.serves(z, 1)
		r.ended("updated")
		if views := z.Report().Primaries; len(views) != 1 || views[0].Serial != 1 || views[0].Err != nil {
			r.Errorf("%+v", views)
		}
	})
	scenario(t, "when that fails, the SOA check tells why", Options{}, func(r *rig) {
		r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.down = errRefused })
		z := r.add("other.", addrA)
		r.asked("axfr A, soa A")
		r.ended("failed")
		if views := z.Report().Primaries; len(views) != 1 || views[0].Err == nil {
			r.Errorf("%+v", views)
		}
		r.add("third.", addrA)
		r.asked("soa A")
	})
	scenario(t, "when only the transfer fails, it is not tried twice", Options{}, func(r *rig) {
		r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.broken = errRefused })
		r.add("other.", addrA)
		r.asked("axfr A, soa A")
		r.ended("failed")
	})
	scenario(t, "a new zone with several primaries wants the newest", Options{}, func(r *rig) {
		r.loaded(addrA)
		r.serial(addrB, 2)
		r.serves(r.add("other.", addrA, addrB), 2)
		r.asked("soa A, soa B, axfr B")
	})
	scenario(t, "what a transfer has shown holds for a short time", Options{}, func(r *rig) {
		r.loaded(addrA)
		r.after(gaveLately)
		r.add("other.", addrA)
		r.asked("soa A, axfr A")
	})
}

func TestWaitingForASlot(t *testing.T) {
	one := Options{PerPrimary: 1}
	// busy has a transfer from A take time, and takes the slot for it.
	busy := func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 1, refreshEach/2 })
		r.add("busy.", addrA)
		r.took(r.T)
	}
	scenario(t, "a NOTIFY goes before all but one that wait for a slot, however long they have", one, func(r *rig) {
		z := r.loaded(addrA)
		busy(r)
		for _, name := range names(50) {
			r.add(name, addrA)
		}
		r.notify(z, addrA, 2)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, ms })
		r.notify(z, addrA, 2)
		r.after(refreshEach/2 + 3*ms)
		r.serves(z, 2)
	})
	scenario(t, "a zone that waits already goes before the others when somebody asks for it", one, func(r *rig) {
		busy(r)
		var zones []*Zone
		for _, name := range names(50) {
			zones = append(zones, r.add(name, addrA))
		}
		r.s.Request(zones[49])
		r.set(addrA, func(p *fakePrimary) { p.transfer = ms })
		r.after(refreshEach/2 + 3*ms)
		r.serves(zones[49], 1)
	})
	scenario(t, "a zone that waits is taken away, and its slot is nobody's", one, func(r *rig) {
		busy(r)
		z := NewZone(owner.MustParse("gone."), config(r.fake, addrA))
		r.s.Add(z)
		synctest.Wait()
		r.s.Remove(z)
		if running, _, _ := r.s.Counts(); running != 1 || r.s.slots.waiting() != nil {
			r.Errorf("%d running", running)
		}
		r.after(refreshEach)
		if z.Current() != nil {
			r.Error("it was loaded")
		}
		r.s.Add(z) // and may come back
		r.after(refreshEach)
		r.serves(z, 1)
	})
}
