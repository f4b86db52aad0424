package zone

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// next is base with another serial and a text more; the delta is Partial when the text is longer than what a
// zone may keep of it.
func next(t *testing.T, base *Version, n uint32, text int) (*Version, *Delta) {
	t.Helper()
	txn := Begin(base)
	list := []RR{soaRR("example.", n)}
	for ; text > 0; text -= 200 {
		list = append(list, fuzzRR(0, 2, byte(n), 0))
		list[len(list)-1].Owner = owner.MustParse("t" + string('a'+rune(text/200%26)) + string('a'+rune(text/5200)) + ".example.")
	}
	err := txn.Delete(base.SOARecord())
	for _, rr := range list {
		if err == nil {
			err = txn.Add(rr)
		}
	}
	v, d, commitErr := txn.Commit()
	if err != nil || commitErr != nil {
		t.Fatal(err, commitErr)
	}
	return v, d
}

// first is a zone with some octets, so that deltas have room.
func first(t *testing.T, n uint32, octets int) *Version {
	t.Helper()
	txn := Replace(fuzzApex, nil)
	for _, rr := range []RR{soaRR("example.", n), {Owner: owner.MustParse("big.example."), Type: 65280, TTL: 60, Data: make([]byte, octets)}} {
		if err := txn.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantChain looks whether the deltas lead from a serial to the version, without a gap.
func wantChain(t *testing.T, z *Zone, from serial.Serial, n int) {
	t.Helper()
	p := z.Published()
	if len(p.Deltas) != n {
		t.Fatalf("%d deltas, not %d", len(p.Deltas), n)
	}
	at := from
	for _, d := range p.Deltas {
		if d.From.Serial != at {
			t.Errorf("a delta from %s where %s is", d.From.Serial, at)
		}
		at = d.To.Serial
	}
	if n > 0 && at != p.Version.Serial() {
		t.Errorf("the deltas lead to %s, served is %s", at, p.Version.Serial())
	}
}

func TestDeltasAreKeptWhileThereIsRoom(t *testing.T) {
	big := first(t, 1, 50_000)
	_, one := next(t, big, 2, 1_000) // all deltas here take the same room
	for _, c := range []struct {
		name string
		base *Version
		room Room
		want int // of ten deltas; below zero: some
	}{
		{"the default has room for more than a tenth of a small zone", big, Room{}, 10},
		{"off", big, Room{Off: true}, 0},
		{"room for four", big, Room{Octets: 4 * one.Octets()}, 4},
		{"room for nearly five", big, Room{Octets: 5*one.Octets() - 1}, 4},
		{"room for less than one", big, Room{Octets: one.Octets() - 1}, 0},
		{"51: the default has no room for more than the zone", first(t, 1, 500), Room{}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var z Zone
			v := c.base
			z.Publish(v, nil, c.room)
			wantChain(t, &z, 1, 0)
			var d *Delta
			for n := uint32(2); n <= 11; n++ {
				v, d = next(t, v, n, 1_000)
				z.Publish(v, d, c.room)
				if total := octets(z.Published().Deltas); total > c.room.octets(v) || c.room == (Room{}) && total > v.Octets() {
					t.Errorf("serial %d: %d octets are kept", n, total)
				}
			}
			kept := len(z.Published().Deltas)
			if c.want < 0 && (kept == 0 || kept == 10) || c.want >= 0 && kept != c.want {
				t.Errorf("%d deltas are kept", kept)
			}
			wantChain(t, &z, serial.Serial(11-kept), kept)
		})
	}
}

func TestWhatEndsAChainOfDeltas(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(t *testing.T, z *Zone, v *Version)
		from serial.Serial
		want int
	}{
		{"a step forward does not", func(t *testing.T, z *Zone, v *Version) {
			after, d := next(t, v, 4, 200)
			z.Publish(after, d, Room{})
		}, 1, 3},
		{"a version without a delta", func(t *testing.T, z *Zone, v *Version) {
			after, _ := next(t, v, 4, 200)
			z.Publish(after, nil, Room{})
		}, 0, 0},
		{"an older serial", func(t *testing.T, z *Zone, v *Version) {
			after, d := next(t, v, 1, 200)
			z.Publish(after, d, Room{})
		}, 0, 0},
		{"a delta whose records were not kept", func(t *testing.T, z *Zone, v *Version) {
			after, d := next(t, v, 4, 2*minDeltaLimit)
			if !d.Partial {
				t.Fatal("it is not Partial")
			}
			z.Publish(after, d, Room{})
		}, 0, 0},
		{"a delta to another version of that serial", func(t *testing.T, z *Zone, v *Version) {
			_, d := next(t, v, 4, 200)
			other, _ := next(t, v, 4, 400)
			z.Publish(other, d, Room{})
		}, 0, 0},
		{"a delta from another version: it begins a chain of its own", func(t *testing.T, z *Zone, v *Version) {
			elsewhere, _ := next(t, v, 3, 600)
			after, d := next(t, elsewhere, 4, 200)
			z.Publish(after, d, Room{})
		}, 3, 1},
		{"room that becomes less", func(t *testing.T, z *Zone, v *Version) {
			after, d := next(t, v, 4, 200)
			z.Publish(after, d, Room{Octets: 2 * 400})
		}, 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var z Zone
			v := first(t, 1, 30_000)
			z.Publish(v, nil, Room{})
			for n := uint32(2); n <= 3; n++ {
				after, d := next(t, v, n, 200)
				z.Publish(after, d, Room{})
				v = after
			}
			held := z.Published()
			c.then(t, &z, v)
			wantChain(t, &z, c.from, c.want)
			if len(held.Deltas) != 2 || held.Version != v || held.Deltas[1].To.Serial != 3 {
				t.Error("what a reader holds changed")
			}
		})
	}
}

func TestARestoredChainGoesOn(t *testing.T) {
	var before, z Zone
	v := first(t, 1, 30_000)
	before.Publish(v, nil, Room{})
	after, d := next(t, v, 2, 200)
	before.Publish(after, d, Room{})
	if z.Current() != nil {
		t.Error("a zone has a version that nobody published")
	}
	z.Restore(before.Published())
	wantChain(t, &z, 1, 1)
	last, d := next(t, after, 3, 200)
	z.Publish(last, d, Room{})
	wantChain(t, &z, 1, 2)
	if set, ok := z.Current().ApexNode().RRset(dns.TypeSOA); !ok || set.Len() != 1 {
		t.Error("no SOA")
	}
}
