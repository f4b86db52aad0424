package refresh

import (
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// RFC 7314: upstream is a secondary, whose own lease is what it can give.
func TestALeaseFromASecondaryIsNoLongerThanItsOwn(t *testing.T) {
	const left = 5 * time.Hour
	scenario(t, "a first transfer has what the upstream has left", Options{}, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.lease = 1, left })
		z := r.add("example.", addrA)
		r.expires(z, left)
	})
	scenario(t, "a transfer that does not tell it has what the SOA check told", Options{}, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.lease, p.mute = 1, left, true })
		z := r.add("example.", addrA)
		r.expires(z, left)
	})
	scenario(t, "checks of an upstream that lost its own primary do not extend the lease: both expire together", Options{}, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.lease, p.since = 1, left, time.Now() })
		z := r.add("example.", addrA)
		r.after(left - 1)
		if z.Expired() {
			r.Error("expired before its primary")
		}
		if n := count(r.results(), Current); n < 4 {
			r.Errorf("%d checks", n)
		}
		r.after(1)
		if !z.Expired() {
			r.Error("it outlives its primary")
		}
	})
	scenario(t, "an upstream whose lease was renewed renews ours", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.after(refreshEach - time.Minute)
		r.set(addrA, func(p *fakePrimary) { p.lease = expireAfter - time.Minute })
		r.after(time.Minute)
		r.expires(z, expireAfter-time.Minute)
	})
	scenario(t, "with the authority itself beside it the whole lease counts", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.lease = left })
		r.after(refreshEach)
		r.expires(z, expireAfter)
	})
	scenario(t, "of two secondaries the one with more counts", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		r.set(addrA, func(p *fakePrimary) { p.lease = expireAfter - 2*time.Minute })
		r.set(addrB, func(p *fakePrimary) { p.lease = expireAfter - time.Minute })
		r.after(refreshEach)
		r.expires(z, expireAfter-time.Minute)
	})
	scenario(t, "a new version after a NOTIFY, without an SOA check, has the lease that came with it", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.lease = 2, left })
		r.notify(z, addrA, 2)
		r.asked("ixfr A")
		r.expires(z, left)
	})
	scenario(t, "a notifier that has our version proves it for as long as it has itself", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.after(30 * time.Minute)
		r.set(addrA, func(p *fakePrimary) { p.lease = expireAfter - time.Minute })
		r.s.Notify(z, Hint{From: addrA.Addr()})
		r.after(0)
		r.asked("ixfr A")
		r.expires(z, expireAfter-time.Minute)
	})
	scenario(t, "what a secondary said once does not bind when the authority has spoken", Options{}, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.lease = 1, left })
		z := r.add("example.", addrA)
		r.set(addrA, func(p *fakePrimary) { p.lease = 0 })
		r.after(refreshEach)
		r.expires(z, expireAfter)
	})
	scenario(t, "a lease that ends soon is looked after at the pace of RETRY", Options{}, func(r *rig) {
		r.set(addrA, func(p *fakePrimary) { p.serial, p.lease = 1, refreshEach })
		z := r.add("example.", addrA)
		r.due(z, retryEach)
	})
	scenario(t, "an expired upstream proves nothing", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.set(addrA, func(p *fakePrimary) { p.down = xfr.ErrExpired })
		r.after(expireAfter)
		if !z.Expired() {
			r.Error("not expired")
		}
	})
}

// granted is the end of the primary's own lease.
func (p fakePrimary) granted() time.Time {
	switch {
	case p.lease == 0:
		return time.Time{}
	case p.since.IsZero():
		return time.Now().Add(p.lease)
	}
	return p.since.Add(p.lease)
}
