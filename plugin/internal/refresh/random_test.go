package refresh

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// TestRandomEvents lets primaries fail, lag, roll back and hang, NOTIFYs arrive, zones come and go, and the
// configuration change, for simulated days, and checks after each event what must always hold.
func TestRandomEvents(t *testing.T) {
	for seed := range uint64(4) {
		scenario(t, fmt.Sprintf("seed %d", seed), Options{Running: 4, Transfers: 3, PerPrimary: 2}, func(r *rig) {
			w := newWorld(r, seed)
			for i := range 1500 {
				w.event()
				r.after(w.pause())
				w.check()
				if r.Failed() {
					r.Fatalf("after event %d, at %s", i, time.Now())
				}
			}
			w.heal()
		})
	}
}

// world is the random state and what was seen of it.
type world struct {
	*rig
	rnd       *rand.Rand
	primaries []fakeAddr
	zones     []*Zone
	added     []bool
	seen      map[*Zone]serial.Serial
	told      map[*Zone]int // how often a zone's end was told, since it was last alive
	expiries  int
	lost      int // how many primaries were remembered as unreachable, after each event
}

func newWorld(r *rig, seed uint64) *world {
	w := &world{
		rig: r, rnd: rand.New(rand.NewPCG(seed, 1)), primaries: []fakeAddr{addrA, addrB, addrC},
		seen: map[*Zone]serial.Serial{}, told: map[*Zone]int{},
	}
	r.onTold = w.observed
	for _, name := range names(12) {
		z := NewZone(owner.MustParse(name), w.config())
		w.zones, w.added = append(w.zones, z), append(w.added, true)
		r.s.Add(z)
	}
	return w
}

// config has one to three of the primaries, in any order, and timers so short that zones do expire.
func (w *world) config() *Config {
	list := make([]fakeAddr, 0, len(w.primaries))
	for _, i := range w.rnd.Perm(len(w.primaries))[:1+w.rnd.IntN(len(w.primaries))] {
		list = append(list, w.primaries[i])
	}
	c := config(w.fake, list...)
	c.Clamps.Refresh.Max, c.Clamps.Expire.Max = 10*time.Minute, time.Hour
	return c
}

func (w *world) pause() time.Duration {
	longest := []time.Duration{1, ms, time.Second, time.Minute, 10 * time.Minute, 2 * time.Hour}
	return time.Duration(w.rnd.Int64N(int64(longest[w.rnd.IntN(len(longest))])))
}

// observed is called for one outcome of a zone at a time.
func (w *world) observed(z *Zone, o Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o.Had && o.Result == Updated && !o.New.Newer(o.Old) {
		w.Errorf("%s went from serial %s to %s", z.Name(), o.Old, o.New)
	}
	if o.Result == Expired {
		w.told[z]++
		w.expiries++
	} else if !z.Expired() {
		w.told[z] = 0
	}
	if w.told[z] > 1 {
		w.Errorf("%s expired twice", z.Name())
	}
}

func (w *world) event() {
	i := w.rnd.IntN(len(w.zones))
	z, from := w.zones[i], w.primaries[w.rnd.IntN(len(w.primaries))]
	switch w.rnd.IntN(12) {
	case 0, 1:
		w.set(from, func(p *fakePrimary) { p.serial += serial.Serial(w.rnd.IntN(3)) })
	case 2:
		w.set(from, func(p *fakePrimary) { p.serial -= serial.Serial(w.rnd.IntN(3)) })
	case 3:
		w.set(from, func(p *fakePrimary) {
			*p = fakePrimary{serial: p.serial, rtt: w.pause() / 1000, transfer: w.pause() / 10}
		})
	case 4:
		down := []error{errDown, xfr.ErrTimeout, xfr.ErrNetwork}[w.rnd.IntN(3)]
		w.set(from, func(p *fakePrimary) { p.down, p.rtt = down, w.pause()/1000 })
	case 5:
		broken := []error{errDown, xfr.ErrConnect}[w.rnd.IntN(2)]
		w.set(from, func(p *fakePrimary) { p.broken = broken })
	case 6:
		w.set(from, func(p *fakePrimary) { p.down, p.broken = nil, nil })
	case 7, 8:
		for range 1 + w.rnd.IntN(20) {
			w.s.Notify(z, Hint{From: from.Addr(), Serial: serial.Serial(w.rnd.IntN(8)), HasSerial: w.rnd.IntN(2) == 0})
		}
	case 9:
		w.s.Request(z)
	case 10:
		z.Configure(w.config())
	case 11:
		if w.added[i] = !w.added[i]; w.added[i] {
			w.s.Add(z)
		} else {
			w.s.Remove(z)
		}
	}
}

func (w *world) check() {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	now, runs, readies := time.Now(), 0, 0
	w.lost += len(w.s.reach.addrs())
	for i, z := range w.zones {
		e := &z.entry
		lease := z.Lease()
		if e.added != w.added[i] {
			w.Errorf("%s: added is %v", z.Name(), e.added)
		}
		switch e.state {
		case running:
			runs++
		case ready:
			readies++
		case waiting:
			if e.added && (e.index < 0 || !e.at.After(now) || e.at.After(now.Add(25*time.Hour))) {
				w.Errorf("%s is never due: %d %s", z.Name(), e.index, e.at)
			}
		}
		if e.added && !z.Expired() && !lease.Expire.IsZero() && (e.index < 0 || e.at.After(lease.Expire)) {
			w.Errorf("%s will not expire: %d %s %s", z.Name(), e.index, e.at, lease.Expire)
		}
		if e.added && z.Expired() != lease.Expired(now) {
			w.Errorf("%s: expired is %v, and its lease ends %s", z.Name(), z.Expired(), lease.Expire)
		}
		w.forward(z)
	}
	if runs != w.s.running || readies != w.s.urgent.Len()+w.s.timed.Len() {
		w.Errorf("%d running, %d ready: %d, %d, %d", runs, readies, w.s.running, w.s.urgent.Len(), w.s.timed.Len())
	}
}

// forward checks that a serial only moves forward.
func (w *world) forward(z *Zone) {
	v := z.Current()
	if v == nil {
		return
	}
	if last, ok := w.seen[z]; ok && v.Serial() != last && !v.Serial().Newer(last) {
		w.Errorf("%s went from serial %s to %s", z.Name(), last, v.Serial())
	}
	w.seen[z] = v.Serial()
}

// configured says whether a zone that is kept up to date has the primary, so that it is asked.
func (w *world) configured(addr fakeAddr) bool {
	for i, z := range w.zones {
		if _, ok := z.Config().primaryAt(addr); ok && w.added[i] {
			return true
		}
	}
	return false
}

// heal makes all primaries well: every zone must then have their version before long.
func (w *world) heal() {
	for _, a := range w.primaries {
		w.set(a, func(p *fakePrimary) { *p = fakePrimary{serial: 1 << 20} })
	}
	w.after(6 * time.Hour)
	w.check()
	for _, addr := range w.s.reach.addrs() {
		if w.configured(addr) {
			w.Errorf("%s is still remembered as unreachable", addr)
		}
	}
	for i, z := range w.zones {
		if w.added[i] {
			w.serves(z, 1<<20)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.expiries == 0 || w.lost == 0 {
		w.Errorf("%d zones expired, %d primaries unreachable: the test tests too little", w.expiries, w.lost)
	}
	if w.maxTransfers > 3 || w.maxProbing > 4 {
		w.Errorf("%d transfers and %d checks at a time", w.maxTransfers, w.maxProbing)
	}
}
