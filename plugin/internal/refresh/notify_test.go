package refresh

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

func TestNotify(t *testing.T) {
	scenario(t, "the pinned primary's NOTIFY leads straight to an IXFR, and the report still knows the others", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.s.Request(z)
		synctest.Wait()
		r.took(r.T)
		r.serial(addrA, 2)
		if !r.notify(z, addrA, 2) {
			r.Error("not accepted")
		}
		r.asked("ixfr A")
		r.serves(z, 2)
		views := z.Report().Primaries
		if len(views) != 2 || views[0].Addr != addrA || views[0].Serial != 2 || views[1].Serial != 1 {
			r.Errorf("%+v", views)
		}
		if s, ok := z.Report().NewestPrimarySerial(); !ok || s != 2 {
			r.Errorf("newest: %v %v", s, ok)
		}
	})
	scenario(t, "a NOTIFY without a serial asks too", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.s.Notify(z, Hint{From: addrA.Addr()})
		synctest.Wait()
		r.asked("ixfr A")
		r.ended("current")
	})
	scenario(t, "a NOTIFY from the mapped form of the address is the primary's", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.serial(addrA, 2)
		r.s.Notify(z, Hint{From: netip.AddrFrom16(addrA.Addr().As16())})
		synctest.Wait()
		r.asked("ixfr A")
	})
	scenario(t, "a NOTIFY with the serial that is served asks nobody", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		if r.notify(z, addrA, 1) {
			r.Error("accepted")
		}
		r.asked("")
	})
	scenario(t, "a NOTIFY from a primary that is not the pinned one asks all", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.serial(addrA, 2)
		r.serial(addrB, 2)
		r.notify(z, addrB, 2)
		r.asked("soa A, soa B, ixfr A")
	})
	scenario(t, "a NOTIFY with an older serial asks all the same, and proves nothing", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.after(time.Minute)
		r.serial(addrA, 0)
		r.notify(z, addrA, 0)
		r.asked("ixfr A, soa A")
		r.ended("behind")
		r.expires(z, expireAfter-time.Minute)
	})
	scenario(t, "a NOTIFY for a zone never loaded does not wait for the back-off", Options{}, func(r *rig) {
		z := r.add("example.", addrA)
		r.after(time.Hour)
		r.serial(addrA, 9)
		r.notify(z, addrA, 9)
		r.serves(z, 9)
	})
	scenario(t, "a NOTIFY that promises more than the notifier has asks the others", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.notify(z, addrA, 2)
		r.asked("ixfr A, soa A")
		r.ended("current")
	})
	scenario(t, "an IXFR that fails after a NOTIFY is followed by the usual checks, of all primaries", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.broken, p.rtt = 2, errDown, ms })
		r.serial(addrB, 2)
		r.notify(z, addrA, 2)
		r.after(ms)
		r.asked("ixfr A, soa A, soa B, ixfr A, axfr B")
		r.serves(z, 2)
	})
	scenario(t, "a NOTIFY for a zone that is not there asks nobody", Options{}, func(r *rig) {
		r.serial(addrA, 1)
		z := NewZone(owner.MustParse("example."), config(r.fake, addrA))
		r.notify(z, addrA, 1)
		r.s.Request(z)
		r.after(time.Hour)
		r.asked("")
	})
}

func TestNotifyDuringARefresh(t *testing.T) {
	scenario(t, "drill 15: a NOTIFY for a newer serial during a transfer is not lost", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, time.Minute })
		r.notify(z, addrA, 2)
		r.after(time.Second)
		r.serial(addrA, 3)
		r.notify(z, addrA, 3)
		r.after(time.Minute)
		r.serves(z, 2)
		r.after(time.Minute)
		r.serves(z, 3)
		r.asked("ixfr A, ixfr A")
	})
	scenario(t, "D9, D7: any number of NOTIFYs during a refresh are one more refresh", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, time.Minute })
		r.notify(z, addrA, 2)
		for i := range 10_000 {
			r.s.Notify(z, Hint{From: addrA.Addr(), Serial: serial.Serial(3 + i), HasSerial: true})
		}
		synctest.Wait()
		if running, ready, transfers := r.s.Counts(); running != 1 || ready != 0 || transfers != 1 {
			r.Errorf("%d running, %d ready, %d transfers", running, ready, transfers)
		}
		r.after(time.Hour / 2)
		if n := len(r.results()); n != 2 {
			r.Errorf("%d refreshes", n)
		}
	})
	scenario(t, "of two NOTIFYs during a refresh the later one says where to look first", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, time.Minute })
		r.notify(z, addrA, 2)
		r.notify(z, addrB, 3)
		r.notify(z, addrA, 3)
		r.serial(addrA, 3)
		r.after(time.Minute)
		r.asked("ixfr A, ixfr A")
	})
	scenario(t, "a request during a refresh is done after it, by all primaries", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, time.Minute })
		r.notify(z, addrA, 2)
		if r.notify(z, addrA, 1) {
			r.Error("a NOTIFY with the serial that is served was accepted")
		}
		r.s.Request(z)
		r.notify(z, addrA, 2) // the more urgent reason stays
		r.after(time.Minute)
		r.asked("ixfr A, soa A")
	})
	scenario(t, "NOTIFYs for a zone that waits for its turn take no memory", Options{Running: 1}, func(r *rig) {
		r.set(addrB, func(p *fakePrimary) { p.hangs = true })
		r.add("hangs.", addrB)
		z := r.add("example.", addrA)
		for range 10_000 {
			r.s.Notify(z, Hint{From: addrA.Addr()})
		}
		if _, ready, _ := r.s.Counts(); ready != 1 {
			r.Errorf("%d ready", ready)
		}
	})
}

func TestNotifyFlood(t *testing.T) {
	scenario(t, "drill 13: 10,000 forged NOTIFYs a second cause about one check a second", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		for i := range 100_000 {
			r.s.Notify(z, Hint{From: addrA.Addr(), Serial: serial.Serial(2 + i), HasSerial: true})
			time.Sleep(100 * time.Microsecond)
			if running, ready, _ := r.s.Counts(); running+ready > 1 {
				r.Fatalf("%d running, %d ready", running, ready)
			}
		}
		if got := r.took(r.T); len(got) > 2*20 {
			r.Errorf("%d queries in ten seconds", len(got))
		}
		r.serial(addrA, 2_000_000)
		r.notify(z, addrA, 2_000_000)
		r.after(longestHold)
		r.serves(z, 2_000_000)
		r.took(r.T)
		r.serial(addrA, 2_000_001) // and a change that is one ends the hold
		r.notify(z, addrA, 2_000_001)
		r.serves(z, 2_000_001)
	})
	scenario(t, "a held NOTIFY is not lost", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		for range 20 {
			r.notify(z, addrA, 99)
		}
		r.serial(addrA, 2)
		r.serves(z, 1)
		r.after(longestHold)
		r.serves(z, 2)
	})
	scenario(t, "the operator's request is never held", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		for range 20 {
			r.notify(z, addrA, 99)
		}
		r.serial(addrA, 2)
		r.s.Request(z)
		synctest.Wait()
		r.serves(z, 2)
		r.serial(addrA, 3) // and what it brought ends the hold
		r.notify(z, addrA, 3)
		r.serves(z, 3)
	})
	scenario(t, "a NOTIFY during a fruitless refresh is held, and not lost", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrB, func(p *fakePrimary) { p.rtt = 100 * ms })
		for range 2 * fruitlessAllowed {
			r.notify(z, addrA, 99)
			r.after(longestHold)
		}
		r.notify(z, addrA, 99)
		r.after(10 * ms) // A has answered, B has not
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		r.after(100 * ms)
		r.serves(z, 1)
		r.after(longestHold)
		r.serves(z, 2)
	})
	scenario(t, "the operator's request during a fruitless refresh is not held", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrB, func(p *fakePrimary) { p.rtt = 100 * ms })
		for range 2 * fruitlessAllowed {
			r.notify(z, addrA, 99)
			r.after(longestHold)
		}
		r.notify(z, addrA, 99)
		r.serial(addrA, 2)
		r.s.Request(z)
		r.after(200 * ms)
		r.serves(z, 2)
	})
	scenario(t, "a thousand changes in quick succession are each visible at once", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		for i := serial.Serial(2); i < 1002; i++ {
			r.serial(addrA, i)
			r.serial(addrB, i)
			r.notify(z, addrA, i)
			r.serves(z, i)
			r.notify(z, addrB, i)
			time.Sleep(ms)
		}
	})
	scenario(t, "a thousand changes while each transfer takes longer than they are apart: the last is not missed", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.transfer = 7 * ms })
		for i := serial.Serial(2); i < 1002; i++ {
			r.serial(addrA, i)
			r.notify(z, addrA, i)
			r.after(ms)
		}
		r.after(14 * ms)
		r.serves(z, 1001)
	})
}
