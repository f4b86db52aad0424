package refresh

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/primary"
)

func TestBounds(t *testing.T) {
	o := Options{Running: 7, Transfers: 5, PerPrimary: 3}
	scenario(t, "drill 16: hundreds of zones start together within the bounds, and use them", o, func(r *rig) {
		for _, a := range []fakeAddr{addrA, addrB, addrC} {
			r.set(a, func(p *fakePrimary) { p.serial, p.rtt, p.transfer = 1, 20*ms, 50*ms })
		}
		var zones []*Zone
		for i, name := range names(600) {
			a := []fakeAddr{addrA, addrB, addrC}[i%3]
			z := NewZone(owner.MustParse(name), config(r.fake, a))
			zones = append(zones, z)
			r.s.Add(z)
		}
		synctest.Wait()
		if running, ready, transfers := r.s.Counts(); running != 7 || ready != 593 || transfers != 0 {
			r.Errorf("%d running, %d ready, %d transfers", running, ready, transfers)
		}
		r.after(20*ms + 600/5*50*ms)
		for _, z := range zones {
			r.serves(z, 1)
		}
		if r.maxProbing != 7 || r.maxTransfers != 5 {
			r.Errorf("%d zones asked and %d were transferred at a time", r.maxProbing, r.maxTransfers)
		}
		for a, n := range r.maxFrom {
			if n > 3 {
				r.Errorf("%d transfers at a time from %s", n, a)
			}
		}
	})
	scenario(t, "zones that wait for a slow primary hold up no other zone, neither its check nor its transfer", o, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 1, time.Hour })
		for _, name := range names(100) {
			r.add(name, addrA)
		}
		if running, ready, transfers := r.s.Counts(); running != 100 || ready != 0 || transfers != 3 {
			r.Errorf("%d running, %d ready, %d transfers", running, ready, transfers)
		}
		r.serial(addrB, 1)
		r.serves(r.add("other.", addrB), 1)
	})
	scenario(t, "a NOTIFY that finds no slot for a while is checked by SOA, so that its zone stays proved", Options{PerPrimary: 1}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.transfer = 2 * expireAfter })
		r.add("slow.", addrA)
		r.took(r.T)
		r.after(time.Minute)
		r.notify(z, addrA, 2)
		r.after(notifierPatience - 1)
		r.asked("")
		r.after(1)
		r.asked("soa A")
		r.ended("current")
		r.expires(z, expireAfter)
	})
	scenario(t, "a zone does not wait for a primary without a slot longer than the tolerance if it has another", Options{PerPrimary: 1}, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 1, expireAfter })
		r.add("slow.", addrA)
		r.set(addrB, func(p *fakePrimary) { p.serial = 1 })
		z := r.add("example.", addrA, addrB)
		r.after(primary.Tolerance - 1)
		if z.Current() != nil {
			r.Error("the primaries were not tried in order")
		}
		r.after(1)
		r.serves(z, 1)
	})
	scenario(t, "a failed IXFR after a NOTIFY takes a place before it asks all", Options{Running: 1}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer, p.broken, p.rtt = 2, time.Second, errDown, ms })
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 1, time.Minute })
		r.notify(z, addrA, 2)
		r.add("other.", addrB)
		r.after(30 * time.Second)
		r.asked("ixfr A, soa B")
		r.after(30*time.Second + ms)
		got := r.took(r.T)
		slices.Sort(got)
		if !slices.Equal(got, []string{"axfr B", "ixfr A", "soa A"}) {
			r.Errorf("asked %v", got)
		}
	})
}

func TestOrder(t *testing.T) {
	one := Options{Running: 1}
	// busy holds the one place until the returned function is called.
	busy := func(r *rig) func() {
		r.set(addrC, func(p *fakePrimary) { p.serial, p.rtt = 1, time.Second })
		r.add("busy.", addrC)
		return func() { r.took(r.T); r.after(time.Second + ms) }
	}
	scenario(t, "zones that are due together are served in the order in which they became due", one, func(r *rig) {
		r.serial(addrA, 1)
		r.serial(addrB, 1)
		free := busy(r)
		for _, name := range names(50) {
			r.add(name, addrA, addrB)
		}
		free()
		if got := r.order("soa"); !slices.Equal(got, names(50)) {
			r.Errorf("%v", got)
		}
	})
	scenario(t, "those that somebody asked for come first, in the order of asking, even if they were due before", one, func(r *rig) {
		r.serial(addrA, 1)
		r.serial(addrB, 1)
		free := busy(r)
		var zones []*Zone
		for _, name := range names(5) {
			zones = append(zones, r.add(name, addrA, addrB))
		}
		r.s.Notify(zones[3], Hint{From: addrA.Addr()})
		r.s.Request(zones[1])
		r.s.Notify(zones[3], Hint{From: addrA.Addr()}) // keeps its place
		free()
		n := names(5)
		if got := r.order("soa"); !slices.Equal(got, []string{n[3], n[1], n[0], n[2], n[4]}) {
			r.Errorf("%v", got)
		}
	})
	scenario(t, "what was asked for during a refresh comes before what is due", one, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.rtt = time.Second })
		r.s.Request(z)
		synctest.Wait()
		r.s.Request(z)
		r.add("first.", addrA) // may begin while the refresh of z is about to end
		r.add("second.", addrA)
		r.after(4 * time.Second)
		r.fake.mu.Lock()
		defer r.fake.mu.Unlock()
		last := ""
		for _, c := range r.calls {
			last = c.zone
		}
		if last != "second." {
			r.Errorf("%s came last", last)
		}
	})
	scenario(t, "zones that are due are not kept from it by NOTIFYs for others", one, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.rtt = 1, 100*ms })
		asked := []*Zone{r.add("a.", addrA), r.add("b.", addrA), r.add("c.", addrA)}
		r.after(time.Second)
		flood := func() { // more than the one place can do
			for _, z := range asked {
				r.s.Request(z)
			}
			r.after(100 * ms)
		}
		flood()
		due := r.add("due.", addrA)
		for range 20 {
			flood()
		}
		if due.Current() != nil {
			r.Error("those that were asked for did not come first")
		}
		for range 40 {
			flood()
		}
		r.serves(due, 1)
	})
}

func TestPatience(t *testing.T) {
	scenario(t, "those that somebody asked for take turns with those that have waited for long", Options{Running: 1}, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.rtt = 1, 100*ms })
		for _, name := range names(200) {
			r.add(name, addrA)
		}
		asked := r.add("asked.", addrA)
		r.after(2 * timedPatience)
		r.s.Request(asked)
		r.after(300 * ms)
		r.serves(asked, 1)
	})
}
