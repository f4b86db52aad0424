package refresh

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// A watcher is a gate that does as it is told, and remembers what it was told.
type watcher struct {
	fakeGate
	witnesses []netip.AddrPort
	advise    func(Survey) Advice
	judge     func(Proposal) Ruling
	compare   func(Comparison) (Ruling, bool)
	recall    func(have *zone.Version, hash zone.SetHash) *Held

	surveys  []Survey
	compared []Comparison
	judged   []Proposal
	recalled int
	ended    []bool // each time: whether the zone was taken away
}

func (w *watcher) Witnesses(*Zone) []netip.AddrPort { return w.witnesses }

func (w *watcher) Survey(_ *Zone, s Survey) (a Advice) {
	w.surveys = append(w.surveys, s)
	if w.advise != nil {
		a = w.advise(s)
	}
	return a
}

func (w *watcher) Compare(_ *Zone, c Comparison) (r Ruling, adopt bool) {
	w.compared = append(w.compared, c)
	if w.compare != nil {
		return w.compare(c)
	}
	return r, false
}

func (w *watcher) Judge(z *Zone, p Proposal) Ruling {
	w.judged = append(w.judged, p)
	if w.judge != nil {
		return w.judge(p)
	}
	return w.fakeGate.Judge(z, p)
}

func (w *watcher) Recall(_ *Zone, have *zone.Version, hash zone.SetHash) *Held {
	w.recalled++
	if w.recall == nil {
		return nil
	}
	return w.recall(have, hash)
}

func (w *watcher) Ended(_ *Zone, away bool) { w.ended = append(w.ended, away) }

// holdsOlder holds what is served whenever the primaries are older, to ask again after a while.
func holdsOlder(again time.Duration) func(Survey) Advice {
	return func(s Survey) (a Advice) {
		if !s.Behind.IsZero() {
			a.Ruling = Ruling{Verdict: guard.Hold, Again: s.Now.Add(again)}
			a.Again = a.Ruling.Again
		}
		return a
	}
}

func takesOlder(s Survey) Advice {
	f := guard.Finding{Rule: guard.SerialBack, Verdict: guard.Warn, Reason: "is older"}
	return Advice{Adopt: !s.Behind.IsZero(), Ruling: Ruling{Findings: []guard.Finding{f}}}
}

// watchedZone is loaded with serial 5, with a gate.
func (r *rig) watchedZone(w *watcher, addrs ...netip.AddrPort) *Zone {
	r.Helper()
	z := r.loaded(addrs...)
	for _, a := range addrs {
		r.serial(a, 5)
	}
	r.s.Request(z)
	r.after(0)
	r.serves(z, 5)
	c := *z.Config()
	c.Gate = w
	z.Configure(&c)
	r.took(r.T)
	r.results()
	return z
}

// round has the primaries asked.
func (r *rig) round(z *Zone) {
	r.s.Request(z)
	r.after(0)
}

// behind is since when the last survey says that the primaries are older; negative: it does not.
func (w *watcher) behind() time.Duration {
	s := w.surveys[len(w.surveys)-1]
	if s.Behind.IsZero() {
		return -1
	}
	return s.Now.Sub(s.Behind)
}

func (r *rig) heldSerial(z *Zone, want string) {
	r.Helper()
	got := ""
	if h := z.Held(); h != nil {
		got = h.Serial.String()
	}
	if got != want {
		r.Errorf("serial %q is held, want %q", got, want)
	}
}

func (r *rig) heldSince(z *Zone) time.Time {
	r.Helper()
	if z.Held() == nil {
		r.Fatal("nothing is held")
	}
	return z.Held().Since
}

func TestPrimariesThatAreAllOlder(t *testing.T) {
	scenario(t, "it counts since when none of them has what is served or newer", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA, addrB)
		steps := []struct {
			a, b serial.Serial
			want time.Duration
		}{
			{4, 5, -1}, // one has it
			{4, 3, 0},
			{3, 3, time.Minute},
			{5 + 1<<31, 3, 2 * time.Minute}, // neither older nor newer
			{3, 5, -1},
			{3, 4, 0}, // anew
			{0, 4, time.Minute},
		}
		for i, s := range steps {
			r.serial(addrA, s.a)
			r.serial(addrB, s.b)
			r.round(z)
			if got := w.behind(); got != s.want {
				r.Errorf("step %d: behind for %s, want %s", i, got, s.want)
			}
			r.after(time.Minute)
		}
	})
	scenario(t, "when none of them answers, nothing is known and nothing is forgotten", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA)
		r.serial(addrA, 4)
		r.round(z)
		r.after(time.Minute)
		r.set(addrA, func(p *fakePrimary) { p.down = errRefused })
		r.round(z)
		if w.behind() != -1 {
			r.Errorf("without an answer: behind for %s", w.behind())
		}
		r.set(addrA, func(p *fakePrimary) { p.down = nil })
		r.round(z)
		if got := w.behind(); got != time.Minute {
			r.Errorf("behind for %s", got)
		}
	})
	scenario(t, "a newer version ends it", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA)
		for _, s := range []serial.Serial{4, 6, 4} {
			r.after(time.Minute)
			r.serial(addrA, s)
			r.round(z)
		}
		r.serves(z, 6)
		if got := w.behind(); got != 0 {
			r.Errorf("behind for %s", got)
		}
	})
	scenario(t, "and so does one that is announced and not given", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA)
		r.serial(addrA, 4)
		r.round(z)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.broken = 6, errRefused })
		r.round(z)
		if got := w.behind(); got != -1 {
			r.Errorf("behind for %s", got)
		}
	})
	scenario(t, "while what is served is held the zone does not expire, and is asked about again in time", Options{}, func(r *rig) {
		w := &watcher{advise: holdsOlder(5 * time.Minute)}
		z := r.watchedZone(w, addrA)
		r.serial(addrA, 4)
		r.round(z)
		r.ended("held")
		r.heldSerial(z, "4")
		r.due(z, 5*time.Minute)
		since := z.Held().Since
		r.after(2 * expireAfter)
		if z.Expired() || !z.Held().Since.Equal(since) {
			r.Errorf("expired: %v; held since %s, not %s", z.Expired(), z.Held().Since, since)
		}
		r.serves(z, 5)
		r.serial(addrA, 5)
		r.after(5 * time.Minute)
		r.heldSerial(z, "")
		if len(w.ended) != 1 || w.ended[0] {
			r.Errorf("told of the end: %v", w.ended)
		}
	})
	scenario(t, "without a ruling it expires as ever", Options{}, func(r *rig) {
		z := r.watchedZone(new(watcher), addrA)
		r.serial(addrA, 4)
		r.round(z)
		r.ended("behind")
		r.after(expireAfter)
		if !z.Expired() {
			r.Error("not expired")
		}
	})
	scenario(t, "what was held is let go when the gate holds nothing any more", Options{}, func(r *rig) {
		w := &watcher{advise: holdsOlder(time.Minute)}
		z := r.watchedZone(w, addrA)
		r.serial(addrA, 4)
		r.round(z)
		w.advise = nil
		r.after(time.Minute)
		r.heldSerial(z, "")
		r.ended("held, behind")
		if got := w.behind(); got != time.Minute {
			r.Errorf("behind for %s", got)
		}
	})
	scenario(t, "after a restart the wait goes on where it was", Options{}, func(r *rig) {
		w := &watcher{advise: holdsOlder(time.Hour)}
		z := r.watchedZone(w, addrA)
		r.serial(addrA, 4)
		r.round(z)
		r.after(time.Minute)
		state := z.State()
		if state.HeldHash != (zone.SetHash{}) || time.Since(state.HeldSince) != time.Minute {
			r.Fatalf("%+v", state)
		}
		r.s.Remove(z)
		next := NewZone(z.Apex(), z.Config())
		next.Restore(state, time.Now())
		r.s.Add(next)
		r.after(0)
		if got := w.behind(); got != time.Minute {
			r.Errorf("behind for %s", got)
		}
		if w.recalled != 0 {
			r.Error("a serial is looked for on disk")
		}
	})
	scenario(t, "a round that was cut short decides nothing", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA, addrB)
		r.serial(addrA, 6)
		r.set(addrB, func(p *fakePrimary) { p.serial, p.rtt = 4, time.Minute })
		r.round(z)
		r.serves(z, 6)
		if len(w.surveys) != 0 {
			r.Errorf("%+v", w.surveys)
		}
	})
}

func TestAnOlderVersionThatIsAdopted(t *testing.T) {
	scenario(t, "it comes by AXFR, from the primary that the zone stays with", Options{}, func(r *rig) {
		w := &watcher{advise: takesOlder}
		z := r.watchedZone(w, addrA, addrB)
		r.serial(addrA, 3)
		r.serial(addrB, 4)
		r.round(z)
		r.asked("soa A, soa B, axfr A")
		r.serves(z, 3)
		last := r.results()
		if f := last[0].Ruling.Findings; len(last) != 1 || len(f) != 1 || f[0].Rule != guard.SerialBack {
			r.Errorf("%+v", last)
		}
		if !w.judged[0].Forced {
			r.Error("the gate is not told that an older serial was wanted")
		}
	})
	scenario(t, "or else from the newest", Options{}, func(r *rig) {
		z := r.watchedZone(&watcher{advise: takesOlder}, addrA, addrB, addrC)
		r.set(addrA, func(p *fakePrimary) { p.down = errRefused })
		r.serial(addrB, 3)
		r.serial(addrC, 4)
		r.round(z)
		r.asked("soa A, soa B, soa C, axfr C")
		r.serves(z, 4)
	})
	scenario(t, "its content may be held, and then that is kept from expiring too", Options{}, func(r *rig) {
		w := &watcher{advise: takesOlder}
		w.rulings = map[serial.Serial]Ruling{4: ruling(guard.Hold)}
		z := r.watchedZone(w, addrA)
		r.serial(addrA, 4)
		r.round(z)
		r.ended("held")
		h := z.Held()
		if h == nil || h.Fetched.Version == nil || h.Serial != 4 || len(h.Ruling.Findings) != 2 {
			r.Fatalf("%+v", h)
		}
		r.after(2 * expireAfter)
		if z.Expired() || !z.Held().Since.Equal(h.Since) {
			r.Errorf("expired: %v, held since %s", z.Expired(), z.Held().Since)
		}
		w.set(4, Ruling{})
		r.after(refreshEach)
		r.serves(z, 4)
	})
	scenario(t, "one that no primary gives is a failure", Options{}, func(r *rig) {
		z := r.watchedZone(&watcher{advise: takesOlder}, addrA)
		r.set(addrA, func(p *fakePrimary) { p.serial, p.broken = 4, errRefused })
		r.round(z)
		r.ended("failed")
		r.due(z, time.Second)
	})
}

// A refresh that cannot judge what is held does not begin the next one at once, and so on.
func TestAMomentThatIsOverStartsNothing(t *testing.T) {
	scenario(t, "the primaries that were older are down", Options{}, func(r *rig) {
		z := r.watchedZone(&watcher{advise: holdsOlder(time.Hour)}, addrA)
		r.serial(addrA, 4)
		r.round(z)
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.after(2 * time.Hour)
		r.results()
		r.after(time.Hour)
		if n := len(r.results()); n > int(time.Hour/retryEach)+1 {
			r.Errorf("%d refreshes in an hour", n)
		}
	})
	scenario(t, "the primary that the zone stays with takes a version back, and another one has it", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA, addrB)
		held := ruling(guard.Hold)
		held.Again = time.Now().Add(time.Minute)
		w.rulings = map[serial.Serial]Ruling{6: held}
		r.serial(addrA, 6)
		r.round(z)
		r.serial(addrA, 5)
		r.serial(addrB, 6)
		r.after(2 * time.Minute)
		r.results()
		r.after(time.Minute)
		if n := len(r.results()); n > 1 {
			r.Errorf("%d refreshes in a minute", n)
		}
	})
}

func TestAMomentThatPassesWhileWitnessesAreAsked(t *testing.T) {
	scenario(t, "it begins the next refresh at once", Options{}, func(r *rig) {
		w := &watcher{witnesses: []netip.AddrPort{addrA, addrB}}
		z := r.watchedZone(w, addrA, addrB)
		w.judge = func(p Proposal) Ruling {
			if p.Now.After(p.Since) {
				return Ruling{}
			}
			held := ruling(guard.Hold)
			held.Again = p.Now.Add(5 * time.Second)
			return held
		}
		r.serial(addrA, 6)
		r.set(addrB, func(p *fakePrimary) { p.serial, p.transfer = 6, 8*time.Second })
		r.round(z)
		r.after(8 * time.Second)
		r.ended("held")
		r.after(8 * time.Second)
		r.serves(z, 6)
	})
}

func TestLapse(t *testing.T) {
	lapse := ruling(guard.Hold)
	lapse.Lapse = true
	scenario(t, "it ends the zone, and a version that is published revives it", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA)
		w.rulings = map[serial.Serial]Ruling{6: lapse}
		r.serial(addrA, 6)
		r.round(z)
		r.ended("held, expired")
		r.after(2 * refreshEach)
		if !z.Expired() {
			r.Error("it is served again")
		}
		r.serial(addrA, 7)
		r.after(refreshEach)
		r.serves(z, 7)
		r.expires(z, expireAfter)
		if z.Expired() {
			r.Error("not revived")
		}
	})
	scenario(t, "and so does a primary that has what was served", Options{}, func(r *rig) {
		w := &watcher{advise: func(s Survey) (a Advice) {
			if !s.Behind.IsZero() {
				a.Ruling = lapse
			}
			return a
		}}
		z := r.watchedZone(w, addrA)
		r.serial(addrA, 4)
		r.round(z)
		if r.after(0); !z.Expired() {
			r.Error("not expired")
		}
		r.serial(addrA, 5)
		r.round(z)
		if z.Expired() {
			r.Error("not revived")
		}
	})
}

func TestAudits(t *testing.T) {
	audit := func(list ...netip.AddrPort) func(Survey) Advice {
		return func(s Survey) Advice { return Advice{Audit: list, Again: s.Now.Add(time.Minute)} }
	}
	scenario(t, "those that the gate names are asked for the whole, one after the other", Options{}, func(r *rig) {
		w := &watcher{advise: audit(addrA, addrC, addrB)} // C is no primary
		z := r.watchedZone(w, addrA, addrB)
		r.set(addrB, func(p *fakePrimary) { p.content = "other" })
		r.round(z)
		r.asked("soa A, soa B, axfr A, axfr B")
		r.ended("current")
		r.due(z, time.Minute)
		if len(w.compared) != 2 {
			r.Fatalf("%d comparisons", len(w.compared))
		}
		a, b := w.compared[0], w.compared[1]
		if a.Primary != addrA || !a.Pinned || a.Version.SetHash() != a.Have.SetHash() {
			r.Errorf("%+v", a)
		}
		if b.Primary != addrB || b.Pinned || b.Version.SetHash() == b.Have.SetHash() || b.Delta.Additions != 1 {
			r.Errorf("%+v", b)
		}
	})
	scenario(t, "one that gives nothing says nothing, and is not asked again at once", Options{}, func(r *rig) {
		w := &watcher{advise: audit(addrA)}
		z := r.watchedZone(w, addrA)
		r.set(addrA, func(p *fakePrimary) { p.broken = errRefused })
		r.round(z)
		r.ended("current")
		if len(w.compared) != 1 || w.compared[0].Version != nil {
			r.Errorf("%+v", w.compared)
		}
	})
	scenario(t, "without a slot nothing is transferred", Options{Transfers: 1}, func(r *rig) {
		w := &watcher{advise: audit(addrA)}
		z := r.watchedZone(w, addrA)
		r.set(addrB, func(p *fakePrimary) { p.serial, p.transfer = 1, time.Hour })
		r.add("busy.example.", addrB)
		r.took(r.T)
		r.round(z)
		r.asked("soa A")
		if len(w.compared) != 1 || w.compared[0].Version != nil {
			r.Errorf("%+v", w.compared)
		}
	})
	scenario(t, "what the gate adopts is published with the serial that it has, unless it is held", Options{}, func(r *rig) {
		w := &watcher{advise: audit(addrA), compare: func(c Comparison) (Ruling, bool) {
			return ruling(guard.Warn), c.Version.SetHash() != c.Have.SetHash()
		}}
		z := r.watchedZone(w, addrA)
		w.rulings = map[serial.Serial]Ruling{5: ruling(guard.Hold)}
		before := z.Current()
		r.set(addrA, func(p *fakePrimary) { p.content = "signed anew" })
		r.round(z)
		r.ended("held")
		if z.Current() != before {
			r.Error("it is served")
		}
		w.set(5, Ruling{})
		r.round(z)
		last := r.results()
		if len(last) != 1 || last[0].Result != Updated || len(last[0].Ruling.Findings) != 1 || z.Current() == before {
			r.Errorf("%+v", last)
		}
		r.heldSerial(z, "")
		r.serves(z, 5)
	})
	scenario(t, "what is held so stays held until it may be published, or the primary has something else", Options{}, func(r *rig) {
		w := &watcher{compare: func(c Comparison) (Ruling, bool) { return Ruling{}, c.Version.SetHash() != c.Have.SetHash() }}
		z := r.watchedZone(w, addrA)
		w.rulings = map[serial.Serial]Ruling{5: ruling(guard.Hold)}
		for _, back := range []bool{true, false} {
			r.set(addrA, func(p *fakePrimary) { p.content = "signed anew" })
			w.advise = audit(addrA)
			r.round(z)
			since := r.heldSince(z)
			w.advise = nil
			r.after(2 * refreshEach)
			if got := r.heldSince(z); !got.Equal(since) {
				r.Errorf("held since %s, not %s", got, since)
			}
			if back {
				r.set(addrA, func(p *fakePrimary) { p.content = "" })
				w.advise = audit(addrA)
				r.round(z)
				r.heldSerial(z, "")
				continue
			}
			w.set(5, Ruling{})
			before := z.Current()
			r.round(z)
			r.heldSerial(z, "")
			if z.Current() == before {
				r.Error("it is not published")
			}
			r.expires(z, expireAfter) // its primary has just said that it has the serial
		}
	})
	scenario(t, "what it adopts must be a zone", Options{}, func(r *rig) {
		w := &watcher{advise: audit(addrA), compare: func(Comparison) (Ruling, bool) { return Ruling{}, true }}
		z := r.watchedZone(w, addrA)
		before := z.Current()
		r.set(addrA, func(p *fakePrimary) { p.noNS = true })
		r.round(z)
		if o := r.results()[0]; o.Result != Current || len(o.Errs) != 1 || z.Current() != before {
			r.Errorf("%+v", o)
		}
	})
	scenario(t, "a zone that has expired is served again first", Options{}, func(r *rig) {
		w := &watcher{advise: audit(addrA)}
		z := r.watchedZone(w, addrA)
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.after(expireAfter)
		r.set(addrA, func(p *fakePrimary) { p.down, p.transfer = nil, auditPatience })
		r.round(z)
		if z.Expired() {
			r.Error("it waits for the audit")
		}
		r.after(time.Minute)
		if r.after(auditPatience); len(w.compared) != 1 {
			r.Errorf("%d comparisons", len(w.compared))
		}
	})
	scenario(t, "a NOTIFY does not wait for it", Options{}, func(r *rig) {
		w := &watcher{advise: audit(addrA)}
		z := r.watchedZone(w, addrA)
		r.set(addrA, func(p *fakePrimary) { p.transfer = auditPatience / 2 })
		r.round(z)
		r.set(addrA, func(p *fakePrimary) { p.transfer = 0 })
		r.serial(addrA, 6)
		r.notify(z, addrA, 6)
		r.after(time.Second)
		r.serves(z, 6)
	})
	scenario(t, "one that takes too long is given up", Options{}, func(r *rig) {
		w := &watcher{advise: audit(addrA)}
		z := r.watchedZone(w, addrA)
		r.set(addrA, func(p *fakePrimary) { p.transfer = time.Hour })
		r.round(z)
		r.after(auditPatience - 1)
		r.ended("")
		r.after(1)
		r.ended("current")
		if w.compared[0].Version != nil {
			r.Errorf("%+v", w.compared)
		}
	})
}

// agreement is what the gate was told of the last version.
func (w *watcher) agreement() string {
	p := w.judged[len(w.judged)-1]
	text := func(list []netip.AddrPort) (s string) {
		for _, a := range list {
			s += letter(a)
		}
		return s
	}
	return text(p.Agree) + "/" + text(p.Differ)
}

func TestWitnesses(t *testing.T) {
	three := []netip.AddrPort{addrA, addrB, addrC}
	all := func(r *rig, s serial.Serial) {
		for _, a := range three {
			r.serial(a, s)
		}
	}
	scenario(t, "they have the same, or something else, or another serial", Options{}, func(r *rig) {
		w := &watcher{witnesses: three}
		z := r.watchedZone(w, three...)
		all(r, 6)
		r.set(addrC, func(p *fakePrimary) { p.content = "other" })
		r.round(z)
		r.asked("soa A, soa B, soa C, ixfr A, axfr B, axfr C")
		if got := w.agreement(); got != "AB/C" {
			r.Error(got)
		}
		r.serial(addrA, 7)
		given := serial.Serial(8) // since it was asked for its SOA
		r.set(addrC, func(p *fakePrimary) { p.serial, p.gives = 7, &given })
		r.round(z)
		if got := w.agreement(); got != "A/" {
			r.Error(got)
		}
		r.serves(z, 7)
	})
	scenario(t, "deltas are enough from those that were seen to have what is served", Options{}, func(r *rig) {
		w := &watcher{witnesses: three}
		z := r.watchedZone(w, three...)
		for i, want := range []string{
			"soa A, soa B, soa C, ixfr A, axfr B, axfr C",
			"soa A, soa B, soa C, ixfr A, ixfr B, axfr C",
		} {
			all(r, 6+serial.Serial(i))
			if i == 0 {
				r.set(addrC, func(p *fakePrimary) { p.content = "other" })
			}
			r.round(z)
			r.asked(want)
		}
	})
	scenario(t, "nobody is asked about what was held before, nor about a first version", Options{}, func(r *rig) {
		w := &watcher{witnesses: three}
		z := r.watchedZone(w, three...)
		w.rulings = map[serial.Serial]Ruling{6: ruling(guard.Hold)}
		all(r, 6)
		r.round(z)
		for _, a := range three {
			r.set(a, func(p *fakePrimary) { p.down = errRefused })
		}
		r.took(r.T)
		r.round(z)
		r.asked("soa A, soa B, soa C")
		if p := w.judged[len(w.judged)-1]; p.Held == nil || len(p.Agree) != 1 {
			r.Errorf("%+v", p)
		}
		r.s.Remove(z)
		all(r, 6)
		for _, a := range three {
			r.set(a, func(p *fakePrimary) { p.down = nil })
		}
		next := NewZone(owner.MustParse("example."), z.Config())
		r.s.Add(next)
		r.took(r.T)
		r.after(0)
		r.asked("soa A, soa B, soa C, axfr A")
	})
	scenario(t, "one that did not answer is not asked, and one that hangs not for long", Options{}, func(r *rig) {
		w := &watcher{witnesses: three}
		z := r.watchedZone(w, three...)
		all(r, 6)
		r.set(addrA, func(p *fakePrimary) { p.rtt = 10 * ms })
		r.set(addrB, func(p *fakePrimary) { p.deaf = errRefused })
		r.set(addrC, func(p *fakePrimary) { p.transfer = time.Hour })
		r.round(z)
		r.after(10 * ms)
		r.asked("soa A, soa B, soa C, ixfr A, axfr C")
		r.after(witnessPatience - 1)
		r.serves(z, 5)
		r.after(1)
		r.serves(z, 6)
		if got := w.agreement(); got != "A/" {
			r.Error(got)
		}
	})
	scenario(t, "as much time as the transfer took is theirs four times", Options{}, func(r *rig) {
		w := &watcher{witnesses: three}
		z := r.watchedZone(w, three...)
		all(r, 6)
		r.set(addrA, func(p *fakePrimary) { p.transfer = time.Minute })
		r.set(addrB, func(p *fakePrimary) { p.transfer = 4 * time.Minute })
		r.round(z)
		r.after(5 * time.Minute)
		if got := w.agreement(); got != "ABC/" {
			r.Error(got)
		}
	})
	scenario(t, "one that cannot be connected to costs time once", Options{}, func(r *rig) {
		w := &watcher{witnesses: three}
		z := r.watchedZone(w, three...)
		r.set(addrC, func(p *fakePrimary) { p.broken = xfr.ErrConnect })
		r.set(addrB, func(p *fakePrimary) { p.rtt = time.Minute }) // the round does not wait for it
		for i := range 2 {
			all(r, 6+serial.Serial(i))
			r.round(z)
		}
		want := []string{"axfr C"}
		if got := slices.DeleteFunc(r.took(r.T), func(what string) bool { return what != "axfr C" }); !slices.Equal(got, want) {
			r.Errorf("%v", got)
		}
		r.serves(z, 7)
	})
	scenario(t, "without a slot nobody is asked", Options{Transfers: 1}, func(r *rig) {
		w := &watcher{witnesses: three}
		z := r.watchedZone(w, three...)
		all(r, 6)
		r.round(z)
		r.asked("soa A, soa B, soa C, ixfr A")
		if got := w.agreement(); got != "A/" {
			r.Error(got)
		}
	})
}

func TestPutBack(t *testing.T) {
	putBack := func(r *rig, z *Zone, v *zone.Version) <-chan Outcome {
		told := make(chan Outcome, 1)
		go func() {
			o, err := r.s.PutBack(r.Context(), z, v)
			if err != nil {
				r.Error(err)
			}
			told <- o
		}()
		r.after(0)
		return told
	}
	scenario(t, "an older version is published, without a word to the primaries, and renews no lease", Options{}, func(r *rig) {
		z := r.loaded(addrA, addrB)
		first := z.Current()
		r.serial(addrA, 2)
		r.serial(addrB, 2)
		r.round(z)
		r.serves(z, 2)
		r.took(r.T)
		before := z.Report()
		r.after(time.Minute)
		o := <-putBack(r, z, first)
		if o.Result != Updated || o.Fetched.How != xfr.PutBack || !o.Known || o.Old != 2 || o.New != 1 || o.Primary.IsValid() {
			r.Errorf("%+v", o)
		}
		r.asked("")
		r.serves(z, 1)
		r.expires(z, expireAfter-time.Minute)
		if after := z.Report(); fmt.Sprint(after.Primaries) != fmt.Sprint(before.Primaries) || after.Pinned != addrA {
			r.Errorf("what is known of the primaries was %+v, and is %+v", before, after)
		}
	})
	scenario(t, "the deltas of nobody are trusted to begin at it", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		first := z.Current()
		r.serial(addrA, 2)
		r.notify(z, addrA, 2)
		putBack(r, z, first)
		r.took(r.T)
		if s := z.State(); s.Source.IsValid() {
			r.Errorf("it is from %s", s.Source)
		}
		r.notify(z, addrA, 2)
		r.asked("soa A, axfr A")
		r.serves(z, 2)
		r.serial(addrA, 3)
		r.notify(z, addrA, 3)
		r.asked("ixfr A")
	})
	scenario(t, "what is held is let go", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA)
		w.rulings = map[serial.Serial]Ruling{6: ruling(guard.Hold)}
		r.serial(addrA, 6)
		r.round(z)
		older, _ := version(z.Apex(), z.Current(), 4, true)
		putBack(r, z, older)
		r.heldSerial(z, "")
		r.serves(z, 4)
		r.after(time.Second) // soon the primary is asked, and what it has is judged anew
		r.heldSerial(z, "6")
	})
	scenario(t, "it waits for the refresh that runs, and is merged with what else is asked for", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		first := z.Current()
		r.set(addrA, func(p *fakePrimary) { p.serial, p.transfer = 2, time.Minute })
		r.round(z)
		told := putBack(r, z, first)
		r.s.Order(z, Forced)
		r.s.Notify(z, Hint{From: addrA.Addr()})
		r.serves(z, 1)
		r.after(time.Minute)
		if o := <-told; o.Old != 2 || o.New != 1 || o.Reason != Forced {
			r.Errorf("%+v", o)
		}
		r.serves(z, 1)
	})
	scenario(t, "a zone that is taken away is not waited for", Options{}, func(r *rig) {
		z := r.loaded(addrA)
		r.s.Remove(z)
		if _, err := r.s.PutBack(r.Context(), z, z.Current()); !errors.Is(err, ErrEnded) {
			r.Error(err)
		}
	})
}

func TestRecall(t *testing.T) {
	// restarted is a zone that held serial 6 before a restart.
	restarted := func(r *rig, w *watcher) (*Zone, *Held) {
		z := r.watchedZone(w, addrA)
		w.rulings = map[serial.Serial]Ruling{6: ruling(guard.Hold)}
		r.serial(addrA, 6)
		r.round(z)
		state, held := z.State(), z.Held()
		r.s.Remove(z)
		next := NewZone(z.Apex(), z.Config())
		next.Restore(state, time.Now())
		w.judged = nil
		r.after(time.Minute)
		return next, held
	}
	scenario(t, "what was held comes from the disk when no primary gives anything", Options{}, func(r *rig) {
		w := new(watcher)
		z, before := restarted(r, w)
		w.recall = func(have *zone.Version, hash zone.SetHash) *Held {
			if have != z.Current() || hash != before.Fetched.Version.SetHash() {
				r.Errorf("recalled from %v", have)
			}
			return &Held{Serial: 6, From: addrA, Fetched: before.Fetched}
		}
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.s.Add(z)
		r.after(0)
		r.heldSerial(z, "6")
		if h := z.Held(); !h.Since.Equal(before.Since) || w.recalled != 1 || w.judged[0].Held == nil {
			r.Errorf("%+v", h)
		}
		w.set(6, Ruling{})
		r.round(z)
		r.serves(z, 6)
		if w.recalled != 1 {
			r.Errorf("recalled %d times", w.recalled)
		}
		if v := z.Report().Primaries; len(v) != 1 || v[0].Err == nil {
			r.Errorf("a primary that is down is said to be well: %+v", v)
		}
	})
	scenario(t, "what was not held is not taken for it", Options{}, func(r *rig) {
		w := new(watcher)
		z, before := restarted(r, w)
		w.recall = func(have *zone.Version, _ zone.SetHash) *Held {
			v, d := version(z.Apex(), have, 6, true, "other")
			return &Held{Serial: 6, From: addrA, Fetched: xfr.Fetched{Version: v, Delta: d}}
		}
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.s.Add(z)
		r.after(0)
		r.heldSerial(z, "")
		if since := z.State().HeldSince; len(w.judged) != 0 || !since.Equal(before.Since) {
			r.Errorf("judged %d times, held since %s", len(w.judged), since)
		}
	})
	scenario(t, "a primary that has it is asked, and the disk is not", Options{}, func(r *rig) {
		w := new(watcher)
		z, before := restarted(r, w)
		r.s.Add(z)
		r.after(0)
		r.heldSerial(z, "6")
		if w.recalled != 0 || !z.Held().Since.Equal(before.Since) {
			r.Errorf("recalled %d times", w.recalled)
		}
	})
	scenario(t, "a first version that is held stays so without its primary", Options{}, func(r *rig) {
		w := new(watcher)
		w.rulings = map[serial.Serial]Ruling{1: ruling(guard.Hold)}
		r.serial(addrA, 1)
		c := config(r.fake, addrA)
		c.Gate = w
		z := NewZone(owner.MustParse("example."), c)
		r.s.Add(z)
		r.after(0)
		since := z.Held().Since
		r.set(addrA, func(p *fakePrimary) { p.down = errDown })
		r.round(z)
		if h := z.Held(); h == nil || !h.Since.Equal(since) {
			r.Fatalf("%+v", h)
		}
		w.set(1, Ruling{})
		r.round(z)
		r.serves(z, 1)
	})
}

func TestWhatAGateIsTold(t *testing.T) {
	scenario(t, "after what is published, the moment that it names begins a refresh", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA)
		w.judge = func(p Proposal) Ruling { return Ruling{Again: p.Now.Add(7 * time.Minute)} }
		r.serial(addrA, 6)
		r.round(z)
		r.serves(z, 6)
		r.due(z, 7*time.Minute)
	})
	scenario(t, "its memory is with the zone, whatever is let go, until there is no gate", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA)
		seen := 0
		w.judge = func(p Proposal) Ruling {
			n, _ := (*p.Memory).(int)
			*p.Memory, seen = n+1, n
			return Ruling{}
		}
		for s := serial.Serial(6); s < 9; s++ {
			r.serial(addrA, s)
			r.round(z)
		}
		if seen != 2 {
			r.Errorf("it remembered %d", seen)
		}
		c := *z.Config()
		c.Gate = nil
		z.Configure(&c)
		if len(w.ended) != 1 || !w.ended[0] {
			r.Errorf("told of the end: %v", w.ended)
		}
		r.round(z)
		if z.gated.Load() != nil {
			r.Error("something is remembered")
		}
	})
	scenario(t, "its findings about the primaries are shown until the next round", Options{}, func(r *rig) {
		w := &watcher{advise: func(Survey) Advice { return Advice{Ruling: ruling(guard.Warn)} }}
		z := r.watchedZone(w, addrA)
		r.round(z)
		if len(z.Warnings()) != 1 {
			r.Errorf("%v", z.Warnings())
		}
		w.advise = nil
		r.round(z)
		if len(z.Warnings()) != 0 {
			r.Errorf("%v", z.Warnings())
		}
	})
	scenario(t, "a zone that ends is told of as taken away", Options{}, func(r *rig) {
		w := new(watcher)
		z := r.watchedZone(w, addrA)
		r.round(z)
		r.s.Remove(z)
		z.End()
		if len(w.ended) != 1 || !w.ended[0] || z.Held() != nil {
			r.Errorf("told of the end: %v", w.ended)
		}
	})
}
