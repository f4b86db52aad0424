package refresh

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

func TestOnlyProofRenewsTheLease(t *testing.T) {
	lame := []struct {
		name string
		set  func(*fakePrimary)
		want string
	}{
		{"one that is down", func(p *fakePrimary) { p.down = errDown }, "failed"},
		{"D2: REFUSED", func(p *fakePrimary) { p.down = &xfr.RcodeError{Rcode: dns.RcodeRefused} }, "failed"},
		{"D2: SERVFAIL", func(p *fakePrimary) { p.down = &xfr.RcodeError{Rcode: dns.RcodeServerFailure} }, "failed"},
		{"a lame one", func(p *fakePrimary) { p.down = xfr.ErrLame }, "failed"},
		{"an older one", func(p *fakePrimary) { p.serial = 0 }, "behind"},
		{"an incomparable one", func(p *fakePrimary) { p.serial = 1 + 1<<31 }, "behind"},
		{"one that is newer and does not give", func(p *fakePrimary) { p.serial, p.broken = 2, errDown }, "failed"},
	}
	for _, c := range lame {
		scenario(t, c.name+" renews nothing: the zone expires, once, and one equal SOA revives it (D1)", Options{}, func(r *rig) {
			z := r.loaded(addrA)
			r.set(addrA, c.set)
			r.s.Request(z)
			synctest.Wait()
			r.ended(c.want)
			r.after(expireAfter - 1)
			if z.Expired() {
				r.Error("expired too early")
			}
			r.after(1)
			if !z.Expired() {
				r.Error("not expired")
			}
			r.serves(z, 1)
			r.after(3 * expireAfter)
			if n := count(r.results(), Expired); n != 1 {
				r.Errorf("expired %d times", n)
			}
			r.set(addrA, func(p *fakePrimary) { *p = fakePrimary{serial: 1} })
			r.after(retryEach)
			if z.Expired() {
				r.Error("not revived")
			}
			r.ended("current")
			r.after(expireAfter + time.Hour)
			if z.Expired() {
				r.Error("expired although it is refreshed")
			}
		})
	}
	scenario(t, "a NOTIFY with our serial revives an expired zone too", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.after(expireAfter)
		r.set(addrA, func(p *fakePrimary) { p.down = nil })
		if !r.notify(z, addrA, 1) || z.Expired() {
			r.Error("still expired")
		}
	})
	scenario(t, "a primary with our version renews the lease while a newer one does not give", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.serial(addrA, 2)
		r.s.Request(z)
		synctest.Wait()
		r.serial(addrB, 2)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.broken = 3, errDown })
		r.after(refreshEach)
		r.expires(z, expireAfter)
		r.due(z, time.Second) // and what is newer is tried again soon
		r.after(5 * expireAfter)
		if z.Expired() {
			r.Error("expired")
		}
	})
}

func TestATransferIsAProofToo(t *testing.T) {
	scenario(t, "a notifier that has our version proves it, though no SOA check is answered", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.after(time.Minute)
		for _, a := range []fakeAddr{addrA, addrB} {
			r.set(a, func(p *fakePrimary) { p.deaf = errDown })
		}
		r.s.Notify(z, Hint{From: addrA.Addr()})
		synctest.Wait()
		r.asked("ixfr A, soa A, soa B")
		r.ended("current")
		r.expires(z, expireAfter)
	})
	scenario(t, "it does so too when another primary is newer and does not give", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.after(time.Minute)
		r.set(addrA, func(p *fakePrimary) { p.deaf = errDown })
		r.set(addrB, func(p *fakePrimary) { p.serial, p.broken = 2, errDown })
		r.s.Notify(z, Hint{From: addrA.Addr()})
		synctest.Wait()
		r.ended("failed")
		r.expires(z, expireAfter)
	})
	scenario(t, "a transfer that was refused proves nothing", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.after(time.Minute)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.noNS = 2, true })
		r.notify(z, addrA, 2)
		r.ended("failed")
		r.expires(z, expireAfter-time.Minute)
	})
}

func TestExpiryDuringARefresh(t *testing.T) {
	scenario(t, "a zone expires in time although its refresh hangs", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.hangs = true })
		r.after(expireAfter)
		if !z.Expired() {
			r.Error("not expired")
		}
		r.ended("expired")
		r.set(addrA, func(p *fakePrimary) { p.hangs = false })
	})
	scenario(t, "a zone expires in time although its transfer takes long, and is back when that has ended", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, 2*expireAfter })
		r.after(expireAfter)
		if !z.Expired() {
			r.Error("not expired")
		}
		r.after(expireAfter + refreshEach)
		if z.Expired() {
			r.Error("expired with a fresh version")
		}
		r.serves(z, 2)
		r.ended("expired, updated")
	})
	scenario(t, "the end of a lease is told before what comes after it, however slow the observer is", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.after(expireAfter - 1)
		r.results()
		var told []Result
		r.told.Lock()
		r.onTold = func(_ *Zone, o Outcome) {
			if o.Result == Expired {
				time.Sleep(time.Minute)
			}
			told = append(told, o.Result)
		}
		r.told.Unlock()
		r.after(1)
		r.set(addrA, func(p *fakePrimary) { p.down = nil })
		r.notify(z, addrA, 1)
		r.after(2 * time.Minute)
		if len(told) < 2 || told[0] != Expired || told[len(told)-1] != Current {
			r.Errorf("told %v", told)
		}
	})
}

func TestTimers(t *testing.T) {
	scenario(t, "D10: a success by NOTIFY starts REFRESH and EXPIRE anew", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.after(refreshEach - time.Minute)
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		r.due(z, refreshEach)
		r.expires(z, expireAfter)
		r.took(r.T)
		r.after(refreshEach - 1)
		r.asked("")
		r.after(1)
		r.asked("soa A")
	})
	scenario(t, "D11: a NOTIFY whose transfer failed is followed by retries with back-off", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.broken = 2, errDown })
		r.notify(z, addrA, 2)
		for i, d := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
			r.due(z, d)
			r.after(d)
			if f := z.Lease().Failures; f != i+2 {
				r.Errorf("%d failures after retry %d", f, i+1)
			}
		}
		r.set(addrA, func(p *fakePrimary) { p.broken = nil })
		r.after(16 * time.Second)
		r.serves(z, 2)
		r.due(z, refreshEach)
	})
	scenario(t, "an attempt out of turn that fails does not put off the one that is due", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.after(refreshEach + retryEach + 15*time.Minute) // the back-off has reached RETRY
		before := z.Lease().Due
		if wait := time.Until(before); wait < time.Minute || wait > retryEach-time.Minute {
			r.Fatalf("due in %s: nothing to see here", wait)
		}
		r.s.Request(z)
		synctest.Wait()
		if got := z.Lease().Due; got.After(before) {
			r.Errorf("put off by %s", got.Sub(before))
		}
	})
	scenario(t, "jitter takes a tenth at most", Options{Jitter: func() float64 { return 1 }}, func(r *rig) {
		z := r.loaded(addrA)
		r.due(z, refreshEach*9/10)
	})
	scenario(t, "a zone that was never loaded does not expire", Options{}, func(r *rig) {
		z := r.add("example.", addrA)
		r.after(3 * 24 * time.Hour)
		if z.Expired() || count(r.results(), Expired) > 0 {
			r.Error("expired")
		}
		r.serial(addrA, 1)
		r.after(time.Minute)
		r.serves(z, 1)
	})
	scenario(t, "an outcome says what happened", Options{}, func(r *rig) {
		r.serial(addrA, 7)
		z := r.add("example.", addrA)
		o := r.results()[0]
		if o.Had || o.New != 7 || o.Reason != Timer || o.Primary != addrA || o.Fetched.How != xfr.ByAXFR || o.Next != z.Lease().Due {
			r.Errorf("%+v", o)
		}
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 8, time.Minute })
		r.notify(z, addrA, 8)
		r.after(time.Minute)
		o = r.results()[0]
		if !o.Had || o.Old != 7 || o.New != 8 || o.Reason != Notified || o.Fetched.How != xfr.ByIXFR || o.Took != time.Minute {
			r.Errorf("%+v", o)
		}
		if last := z.Report().Last; last.New != 8 {
			r.Errorf("the report keeps %+v", last)
		}
	})
}
