package refresh

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// An openGate lets everything pass.
type openGate struct{}

func (openGate) Witnesses(*Zone) []netip.AddrPort                    { return nil }
func (openGate) Judge(*Zone, Proposal) (r Ruling)                    { return r }
func (openGate) Survey(*Zone, Survey) (a Advice)                     { return a }
func (openGate) Compare(*Zone, Comparison) (r Ruling, adopt bool)    { return r, false }
func (openGate) Recall(*Zone, *zone.Version, zone.SetHash) (h *Held) { return h }
func (openGate) Ended(*Zone, bool)                                   {}

// A lookingGate wants to be asked each minute.
type lookingGate struct{ openGate }

func (lookingGate) Survey(_ *Zone, s Survey) Advice { return Advice{Again: s.Now.Add(time.Minute)} }

// A fakeGate rules by serial.
type fakeGate struct {
	openGate
	mu      sync.Mutex
	rulings map[serial.Serial]Ruling
	asked   Proposal // the last one
}

func (g *fakeGate) Judge(_ *Zone, p Proposal) Ruling {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = p
	return g.rulings[p.Version.Serial()]
}

func (g *fakeGate) set(s serial.Serial, r Ruling) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rulings[s] = r
}

func (g *fakeGate) last() Proposal {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

func ruling(v guard.Verdict) Ruling {
	return Ruling{Verdict: v, Findings: []guard.Finding{{Rule: guard.Deletes, Verdict: v, Reason: "deletes too much"}}}
}

// guarded is loaded, with a gate.
func (r *rig) guarded(g *fakeGate) *Zone {
	r.Helper()
	z := r.loaded(addrA)
	c := *z.Config()
	c.Gate = g
	z.Configure(&c)
	return z
}

func TestGate(t *testing.T) {
	scenario(t, "what it holds is kept back, and the zone does not expire meanwhile", Options{}, func(r *rig) {
		g := &fakeGate{rulings: map[serial.Serial]Ruling{2: ruling(guard.Hold)}}
		z := r.guarded(g)
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		r.asked("ixfr A")
		r.ended("held")
		r.serves(z, 1)
		r.expires(z, expireAfter)
		r.due(z, refreshEach)
		h := z.Held()
		if h == nil || h.Fetched.Version.Serial() != 2 || h.From != addrA || h.Ruling.Verdict != guard.Hold {
			r.Fatalf("held %+v", h)
		}
		since := h.Since
		r.after(2 * expireAfter)
		r.serves(z, 1)
		if z.Expired() || !z.Held().Since.Equal(since) {
			r.Errorf("expired: %v, held since %s, not %s", z.Expired(), z.Held().Since, since)
		}
	})
	scenario(t, "what it held is published once it may be, also when no primary can be asked", Options{}, func(r *rig) {
		g := &fakeGate{rulings: map[serial.Serial]Ruling{2: ruling(guard.Hold)}}
		z := r.guarded(g)
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		r.took(r.T)
		r.results()
		r.after(time.Minute)
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		g.set(2, ruling(guard.Warn))
		r.s.Request(z)
		r.after(0)
		r.asked("soa A")
		r.ended("updated")
		r.serves(z, 2)
		r.expires(z, expireAfter-time.Minute)
		if z.Held() != nil || g.last().Held == nil {
			r.Errorf("held %v after %+v", z.Held(), g.last())
		}
	})
	scenario(t, "what is held is judged again when the gate says so", Options{}, func(r *rig) {
		held := ruling(guard.Hold)
		g := &fakeGate{rulings: map[serial.Serial]Ruling{2: held}}
		z := r.guarded(g)
		held.Again = time.Now().Add(5 * time.Minute)
		g.set(2, held)
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		r.due(z, 5*time.Minute)
		g.set(2, Ruling{})
		r.after(5*time.Minute - 1)
		r.serves(z, 1)
		r.after(1)
		r.serves(z, 2)
	})
	scenario(t, "what is held is let go when the primary takes it back, or has something better", Options{}, func(r *rig) {
		g := &fakeGate{rulings: map[serial.Serial]Ruling{2: ruling(guard.Hold)}}
		z := r.guarded(g)
		for _, next := range []serial.Serial{1, 3} {
			r.serial(addrA, 2)
			r.notify(z, addrA, 2)
			if z.Held() == nil {
				r.Fatal("not held")
			}
			r.serial(addrA, next)
			r.after(refreshEach)
			r.serves(z, next)
			if z.Held() != nil {
				r.Errorf("serial %s is still held", z.Held().Fetched.Version.Serial())
			}
		}
	})
	scenario(t, "after a restart, the time that the same content was held before counts", Options{}, func(r *rig) {
		g := &fakeGate{rulings: map[serial.Serial]Ruling{2: ruling(guard.Hold), 3: ruling(guard.Hold)}}
		z := r.guarded(g)
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		since, state := z.Held().Since, z.State()
		if !state.HeldSince.Equal(since) || state.HeldHash != z.Held().Fetched.Version.SetHash() {
			r.Errorf("%+v", state)
		}
		r.s.Remove(z)
		r.after(time.Hour)
		next := NewZone(z.Apex(), z.Config())
		next.Restore(state, time.Now())
		r.s.Add(next)
		r.after(0)
		if h := next.Held(); h == nil || !h.Since.Equal(since) || !g.last().Since.Equal(since) {
			r.Errorf("held %+v", h)
		}
		r.serial(addrA, 3)
		r.after(refreshEach)
		if h := next.Held(); h == nil || !h.Since.Equal(since) || !h.Still.Equal(since) {
			r.Errorf("a newer serial waits from another time on: %+v", h)
		}
	})
	scenario(t, "a newer serial waits on, another one begins anew, and both are a hold without a pause", Options{}, func(r *rig) {
		g := &fakeGate{rulings: map[serial.Serial]Ruling{2: ruling(guard.Hold), 3: ruling(guard.Hold), 4: ruling(guard.Hold)}}
		z := r.guarded(g)
		r.serial(addrA, 3)
		r.notify(z, addrA, 3)
		since := time.Now()
		want := func(z *Zone, s serial.Serial, still time.Time) {
			r.Helper()
			h, asked := z.Held(), g.last()
			if h == nil || h.Serial != s || !h.Since.Equal(since) || !h.Still.Equal(still) || !asked.Since.Equal(since) || !asked.Still.Equal(still) {
				r.Errorf("%+v, asked %+v; want serial %s since %s, still %s", h, asked, s, since, still)
			}
		}
		for range 2 {
			want(z, z.Held().Serial, since)
			r.after(time.Minute)
			r.serial(addrA, 4)
			r.s.Request(z)
			r.after(0)
		}
		r.after(time.Minute)
		r.serial(addrA, 2)
		r.s.Request(z)
		r.after(0)
		still := time.Now()
		want(z, 2, still)
		state := z.State()
		r.s.Remove(z)
		next := NewZone(z.Apex(), z.Config())
		next.Restore(state, time.Now())
		r.after(time.Minute)
		r.s.Add(next)
		r.after(0)
		want(next, 2, still)
		since, still = time.Now(), time.Now()
		r.serial(addrA, 1)
		r.s.Request(next)
		r.after(0)
		r.serial(addrA, 3)
		r.s.Request(next)
		r.after(0)
		want(next, 3, still)
		since, still = time.Now().Add(time.Hour), time.Now().Add(time.Minute)
		if h := next.Held().ruled(Ruling{Since: since, Still: still}); !h.Since.Equal(since) || !h.Still.Equal(still) {
			r.Errorf("the gate says otherwise, and it is %+v", h)
		}
	})
	scenario(t, "a NOTIFY that brings nothing does not put off when the gate wants to look again", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		c := *z.Config()
		c.Gate = lookingGate{}
		z.Configure(&c)
		r.s.Request(z)
		synctest.Wait()
		r.due(z, time.Minute)
		r.after(10 * time.Second)
		r.took(r.T)
		r.s.Notify(z, Hint{From: addrA.Addr()})
		synctest.Wait()
		r.asked("ixfr A, soa A")
		r.due(z, time.Minute)
	})
	scenario(t, "another primary is tried when it rejects what came from one", Options{}, func(r *rig) {
		g := &fakeGate{rulings: map[serial.Serial]Ruling{3: ruling(guard.Reject)}}
		r.serial(addrA, 1)
		r.serial(addrB, 1)
		c := config(r.fake, addrA, addrB)
		c.Gate = g
		z := NewZone(owner.MustParse("example."), c)
		r.s.Add(z)
		r.after(0)
		r.serial(addrA, 3)
		r.serial(addrB, 2)
		r.after(refreshEach)
		r.serves(z, 2)
		last := r.results()
		o := last[len(last)-1]
		if len(o.Errs) != 1 || !errors.Is(o.Errs[0], guard.ErrRejected) || !strings.Contains(o.Errs[0].Error(), "serial 3 deletes too much") {
			r.Errorf("%v", o.Errs)
		}
	})
	scenario(t, "a first version that it holds leaves the zone unloaded", Options{}, func(r *rig) {
		g := &fakeGate{rulings: map[serial.Serial]Ruling{1: ruling(guard.Hold)}}
		r.serial(addrA, 1)
		c := config(r.fake, addrA)
		c.Gate = g
		z := NewZone(owner.MustParse("example."), c)
		r.s.Add(z)
		r.after(0)
		r.ended("held")
		if z.Current() != nil {
			r.Error("it is served")
		}
		g.set(1, Ruling{})
		r.after(time.Minute)
		r.serves(z, 1)
	})
}
