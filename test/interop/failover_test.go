package interop_test

import (
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestAPrimaryThatRestartsAtTheSameAddressIsFollowed(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		w := plan{kind: kind, zone: peer.Zone{Text: varied(1)}}.start(t)
		w.primary.Kill()
		if !answers(t, w.ours, "www."+zone) {
			t.Error("the zone is not answered from while the primary is down")
		}
		w.primary.Restart(t)
		w.change(t, varied(2))
		w.wantEqual(t)
	})
}

// two are knotd and named as primaries of the same zone.
type two struct {
	ports [2]int
	zone  peer.Zone
	ours  *understudy.Server
}

func newTwo(t *testing.T) *two {
	t.Helper()
	peer.Require(t, peer.Knot, peer.Named)
	w := &two{ports: [2]int{port.Free(t, "127.0.0.1"), port.Free(t, "127.0.0.1")}}
	from := address("127.0.0.1", w.ports[0]) + " " + address("127.0.0.1", w.ports[1])
	w.ours = understudy.New(t, understudy.Config{Corefile: plan{zone: peer.Zone{Name: zone}}.corefile(from)})
	w.zone = peer.Zone{Name: zone, Text: varied(1), Notify: []peer.Endpoint{{Addr: w.ours.Addr()}}}
	return w
}

func (w *two) knot(t *testing.T) *peer.Server {
	return peer.Start(t, peer.Knot, peer.Config{Port: w.ports[0], Zones: []peer.Zone{w.zone}})
}

func (w *two) named(t *testing.T) *peer.Server {
	return peer.Start(t, peer.Named, peer.Config{Port: w.ports[1], Zones: []peer.Zone{w.zone}})
}

func TestOfTwoPrimariesOneIsEnoughAtTheStart(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*two, *testing.T) *peer.Server{
		"only the first is up": (*two).knot, "only the second is up": (*two).named,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTwo(t)
			p := start(w, t)
			w.ours.Restart(t)
			ask.WaitSerial(t, w.ours.Addr(), zone, 1)
			p.SetZone(t, zone, varied(2))
			p.WaitServing(t, zone, 2)
			ask.WaitSerial(t, w.ours.Addr(), zone, 2)
			wantSame(t, ask.AXFR(t, p.Addr(), zone, nil), ask.AXFR(t, w.ours.Addr(), zone, nil))
		})
	}
}

func TestWhenOnePrimaryIsKilledTheOtherGoesOn(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]int{"the first is killed": 0, "the second is killed": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTwo(t)
			both := []*peer.Server{w.knot(t), w.named(t)}
			w.ours.Restart(t)
			ask.WaitSerial(t, w.ours.Addr(), zone, 1)
			both[kill].Kill()
			left := both[1-kill]
			left.SetZone(t, zone, varied(2))
			left.WaitServing(t, zone, 2)
			ask.WaitSerial(t, w.ours.Addr(), zone, 2)
			wantSame(t, ask.AXFR(t, left.Addr(), zone, nil), ask.AXFR(t, w.ours.Addr(), zone, nil))

			// The one that comes back is older, and is not listened to.
			both[kill].Restart(t)
			ask.Notify(t, w.ours.Addr(), zone, 1, nil)
			w.ours.WaitMetric(t, "metrics", "coredns_secondaryplus_refreshes_total", 0, "zone="+zone, "result=behind")
			ask.WaitSerial(t, w.ours.Addr(), zone, 2)
		})
	}
}
