package health

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

func look(addr string, silent time.Duration) Look {
	l := Look{Addr: netip.MustParseAddr(addr)}
	if silent >= 0 {
		l.Silent = noon.Add(-silent)
	}
	return l
}

func canary(silent time.Duration) Look {
	l := look("198.18.0.1", silent)
	l.Canary = true
	return l
}

const heard = -1

func TestIsolation(t *testing.T) {
	const sec = time.Second
	for _, c := range []struct {
		name            string
		looks           []Look
		suspect, canary bool
	}{
		{"nobody is there", nil, false, false},
		{"all are heard", []Look{look("192.0.2.1", heard), look("198.51.100.1", heard)}, false, false},
		{"one is", []Look{look("192.0.2.1", 0), look("198.51.100.1", 0), look("203.0.113.1", heard)}, false, false},
		{"all fell silent in two networks", []Look{look("192.0.2.1", 3*sec), look("198.51.100.1", 0)}, true, false},
		{"all fell silent in one network", []Look{look("192.0.2.1", 3*sec), look("192.0.2.2", 0)}, false, false},
		{"a /24 is one network", []Look{look("192.0.2.1", 0), look("192.0.3.1", 0)}, true, false},
		{"a /48 is one network", []Look{look("2001:db8:1::1", 0), look("2001:db8:1:2::1", 0)}, false, false},
		{"another /48 is another one", []Look{look("2001:db8:1::1", 0), look("2001:db8:2::1", 0)}, true, false},
		{"both families are two networks", []Look{look("192.0.2.1", 0), look("2001:db8::1", 0)}, true, false},
		{"an address mapped into IPv6 is the same", []Look{look("192.0.2.1", 0), look("::ffff:192.0.2.9", 0)}, false, false},
		{"the last one fell silent long after the others", []Look{look("192.0.2.1", 13*sec), look("198.51.100.1", 0)}, false, false},
		{"just not too long after", []Look{look("192.0.2.1", 12500*time.Millisecond), look("198.51.100.1", 0)}, true, false},
		{"those that were dead before do not help", []Look{look("192.0.2.1", time.Hour), look("198.51.100.1", 0), look("198.51.100.2", sec)}, false, false},
		{"nor do they hide it", []Look{look("192.0.2.1", 2*sec), look("198.51.100.1", 0), look("203.0.113.1", time.Hour)}, true, false},
		{"it does not pass by itself", []Look{look("192.0.2.1", time.Hour), look("198.51.100.1", time.Hour)}, true, false},
		{"the canary is silent", []Look{canary(0), look("192.0.2.1", heard)}, true, true},
		{"one of two canaries is", []Look{canary(0), canary(heard), look("192.0.2.1", heard)}, false, false},
		{"both are", []Look{canary(0), canary(time.Hour)}, true, true},
		{"the canary is heard, and nobody else", []Look{canary(heard), look("192.0.2.1", 0), look("198.51.100.1", 0)}, true, false},
		{"nobody at all is heard", []Look{canary(0), look("192.0.2.1", 0), look("198.51.100.1", 0)}, true, true},
		{"a canary is no target", []Look{canary(heard), look("192.0.2.1", 0)}, false, false},
	} {
		got := Isolation{}.Step(c.looks, Defaults().Apart(), noon)
		if want := (Isolation{Since: noon, Canary: c.canary}); c.suspect && got != want || !c.suspect && got != (Isolation{}) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestTheFreezeEnds(t *testing.T) {
	lost := []Look{look("192.0.2.1", 0), look("198.51.100.1", 0)}
	apart := Defaults().Apart()
	i := Isolation{}.Step(lost, apart, noon)
	last := noon.Add(time.Minute - 1)
	if i = i.Step(lost, apart, last); !i.Frozen(noon) || !i.Frozen(last) || i.Frozen(last.Add(1)) || !i.Ends().Equal(last.Add(1)) {
		t.Errorf("%+v, until %s", i, i.Ends())
	}
	if i = i.Step(lost, apart, noon.Add(time.Hour)); i.Frozen(noon.Add(time.Hour)) {
		t.Error("it freezes again, though nobody was heard meanwhile")
	}
	if i = i.Step([]Look{look("192.0.2.1", heard), look("198.51.100.1", 0)}, apart, noon); i != (Isolation{}) {
		t.Errorf("though one is heard: %+v", i)
	}

	withCanary := append(lost, canary(0))
	i = Isolation{}.Step(withCanary, apart, noon)
	if i = i.Step(withCanary, apart, noon.Add(time.Hour)); !i.Frozen(noon.Add(time.Hour)) || !i.Ends().IsZero() {
		t.Error("it ends though the canary is silent")
	}
	i = i.Step(append(lost, canary(heard)), apart, noon.Add(time.Hour))
	if i.Frozen(noon.Add(time.Hour)) {
		t.Error("the canary is heard again, and it goes on after more than a minute")
	}
	if (Isolation{}).Frozen(noon) || !(Isolation{}).Ends().IsZero() {
		t.Error("there is a freeze without a suspicion")
	}
}

// TestNothingChangesWhileIsolated takes the network away from many targets at random moments. Whatever fails while that
// is suspected, no target changes; and none is lost for good.
func TestNothingChangesWhileIsolated(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 41))
		isolated := Isolation{}
		var all []*patient
		for range 2 + r.IntN(6) {
			all = append(all, newPatient(t))
		}
		lost, looks := false, make([]Look, len(all))
		for i := range looks {
			looks[i].Addr = netip.AddrFrom4([4]byte{192, 0, byte(i), 1})
		}
		for tick := range 3000 {
			now := noon.Add(time.Duration(tick) * 100 * time.Millisecond)
			if r.IntN(200) == 0 {
				lost = !lost
			}
			for i, x := range all {
				if x.Next.After(now) {
					continue
				}
				// What the probe heard counts before what follows from it is decided.
				if looks[i].Silent = x.Silent; !lost {
					looks[i].Silent = time.Time{}
				} else if x.Silent.IsZero() {
					looks[i].Silent = now
				}
				isolated = isolated.Step(looks, x.p.Apart(), now)
				x.m = Moment{Now: now, Chance: r.Float64()*2 - 1, Frozen: isolated.Frozen(now)}
				was := x.Seen
				if x.do(map[bool]string{true: "f", false: "s"}[lost]); x.m.Frozen && x.Seen != was {
					t.Fatalf("seed %d: %s → %s while isolated", seed, was, x.Seen)
				}
				looks[i].Silent = x.Silent
			}
		}
	}
}
