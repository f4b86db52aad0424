package soak_test

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/understudy"
)

// absence is how a server comes back, and after how many events.
type absence struct {
	events int
	back   func(t *testing.T)
}

// event is one of what happens, drawn by its weight.
type event struct {
	weight int
	name   string
	do     func(s *stand, t *testing.T)
}

var events = []event{
	{120, "change", func(s *stand, t *testing.T) { s.publish(t, s.anyZone(), s.anySize()) }},
	{6, "burst over zones", func(s *stand, t *testing.T) { s.burst(t) }},
	{6, "burst in one zone", func(s *stand, t *testing.T) {
		z := s.anyZone()
		for range 10 {
			s.publish(t, z, s.anySize())
		}
	}},
	{4, "reload of A", func(s *stand, t *testing.T) { s.reload(t, s.a, s.watchA) }},
	{2, "reload of B", func(s *stand, t *testing.T) { s.reload(t, s.b, s.watchB) }},
	{2, "first primary killed", func(s *stand, t *testing.T) {
		s.leave("first", func() { s.first.Kill() }, func(t *testing.T) { s.firstBack(t) })
	}},
	{2, "second primary killed", func(s *stand, t *testing.T) {
		s.leave("second", func() { s.second.Kill() }, func(t *testing.T) { s.second.Restart(t) })
	}},
	{2, "second primary refuses", func(s *stand, t *testing.T) {
		s.leave("second", func() { s.setRefusal(t, true) }, func(t *testing.T) { s.setRefusal(t, false) })
	}},
	{2, "B killed", func(s *stand, t *testing.T) { s.killOurs(t, "B", s.b, s.watchB) }},
	{2, "knotd below killed", func(s *stand, t *testing.T) { s.killBelow() }},
}

// draw chooses an event.
func (s *stand) draw() event {
	total := 0
	for _, e := range events {
		total += e.weight
	}
	n := s.random.IntN(total)
	for _, e := range events {
		if n -= e.weight; n < 0 {
			return e
		}
	}
	panic("the weights do not add up")
}

func (s *stand) anyZone() *model { return s.zones[s.random.IntN(len(s.zones))] }

// anySize is how much of a zone changes: mostly one record, rarely hundreds.
func (s *stand) anySize() int { return []int{1, 1, 1, 1, 2, 3, 20, 300}[s.random.IntN(8)] }

// publish changes a zone at the first primary, unless that is down.
func (s *stand) publish(t *testing.T, z *model, size int) {
	t.Helper()
	if s.away["first"] != nil {
		return
	}
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	z.change(s.random, size)
	z.serial += 1 + s.random.Uint32N(3)
	if !z.signed {
		s.history.add(z.name, z.serial)
	}
	s.first.SetZone(t, z.name, z.text())
	if z.signed {
		s.learn(t, z)
	}
}

// learn waits for the serial that Knot gives a version that it signs.
func (s *stand) learn(t *testing.T, z *model) {
	t.Helper()
	ask.Until(t, "the primary has signed a new version of "+z.name, func() error {
		serial, err := ask.Serial(s.first.Addr(), z.name)
		if err == nil && serial == s.history.latest[z.name] {
			return fmt.Errorf("serial %d still", serial)
		}
		if err == nil {
			s.history.add(z.name, serial)
		}
		return err
	})
}

func (s *stand) burst(t *testing.T) {
	t.Helper()
	for range 20 + s.random.IntN(40) {
		s.publish(t, s.anyZone(), 1)
	}
}

// reload has clients ask all the time: nothing may be lost but what lies in the socket that CoreDNS closes. Over TCP that is
// a connection that nobody has accepted, and one that was accepted when its server had begun to end.
func (s *stand) reload(t *testing.T, ours *understudy.Server, w *watch) {
	t.Helper()
	if s.away[w.name] != nil {
		return
	}
	udp := ask.Always(t, w.addr, "ns."+s.anyZone().name, dns.TypeA)
	tcp := ask.Always(t, w.addr, s.anyZone().name, dns.TypeNS, ask.TCP())
	ours.Reload(t, "")
	udp.WantAllAnswered(t, 1)
	tcp.WantAllAnswered(t, 2)
}

// leave takes a server away for some events, unless it is away.
func (s *stand) leave(name string, gone func(), back func(t *testing.T)) {
	if s.away[name] != nil {
		return
	}
	gone()
	s.away[name] = &absence{5 + s.random.IntN(60), back}
}

// firstBack restarts the first primary. What it signs may get new serials.
func (s *stand) firstBack(t *testing.T) {
	t.Helper()
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	s.first.Restart(t)
	for _, z := range s.zones {
		if z.signed {
			s.history.add(z.name, s.first.Serial(t, z.name))
		}
	}
}

func (s *stand) setRefusal(t *testing.T, all bool) {
	t.Helper()
	s.refuse(t, all)
	s.second.Control(t, "reconfig")
}

// killOurs kills one of ours; when it is back, nothing is older than what it had on disk.
func (s *stand) killOurs(t *testing.T, name string, ours *understudy.Server, w *watch) {
	t.Helper()
	s.leave(name, func() {
		w.without(func() map[string]int {
			w.down = true
			floor := s.saved(t, ours)
			ours.Kill9()
			return floor
		})
	}, func(t *testing.T) {
		ours.Restart(t)
		w.setDown(false)
	})
}

// saved is the place of the serial that is on disk, of each zone.
func (s *stand) saved(t *testing.T, ours *understudy.Server) map[string]int {
	t.Helper()
	metrics, floor := ours.Metrics(t, "metrics"), map[string]int{}
	for _, z := range s.zones {
		v, ok := metrics.Value("coredns_secondaryplus_zone_saved_serial", "zone="+z.name)
		order, known := s.history.of(z.name, uint32(v))
		if !ok || !known {
			t.Errorf("serial %v of %s is on disk", v, z.name)
			continue
		}
		floor[z.name] = order
	}
	return floor
}

// killBelow kills the peer, which keeps its own counsel of what is on disk.
func (s *stand) killBelow() {
	s.leave("below", func() {
		s.watchBelow.without(func() map[string]int {
			s.watchBelow.down = true
			s.below.Kill()
			return map[string]int{}
		})
	}, func(t *testing.T) {
		s.below.Restart(t)
		s.watchBelow.setDown(false)
	})
}

// pass lets an event pass for those who are away; with all, everybody comes back.
func (s *stand) pass(t *testing.T, all bool) {
	t.Helper()
	for _, name := range []string{"first", "second", "A", "B", "below"} {
		a := s.away[name]
		if a == nil {
			continue
		}
		if a.events--; a.events < 0 || all {
			a.back(t)
			delete(s.away, name)
		}
	}
}
