package notify

import (
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// many are targets.
func many(n byte) (list []Target) {
	for i := range n {
		list = append(list, Target{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, i + 1}), 53)})
	}
	return list
}

// numbered is one of thousands of zones.
func numbered(i int) *Zone {
	return NewZone([]byte{4, 'z', byte(i >> 8), byte(i), 'z', 0}, func(Outcome) {})
}

func TestDeadTargetsDelayNobody(t *testing.T) {
	scenario(t, "one of twenty is alive, and all have 1000 zones", func(r *rig) {
		live := netip.MustParseAddrPort("192.0.2.20:53")
		list := append(many(19), Target{Addr: live})
		told := 0
		r.answers(func(to netip.AddrPort, _ *dns.Msg) (time.Duration, bool) {
			if to == live {
				told++
			}
			return 10 * time.Millisecond, to == live
		})
		for i := range 1000 {
			z := numbered(i)
			r.s.Tell(z, soa(z.apex, 1), list)
		}
		r.after(time.Second) // of which 250 ms went by until it was seen who is silent
		if told != 1000 {
			t.Errorf("told of %d zones", told)
		}
		r.after(time.Hour)
		r.nothingLeft()
		if len(r.sent) != 1000+19*1000*maxSends {
			t.Errorf("%d messages", len(r.sent))
		}
	})
	scenario(t, "a target that comes back is prompt again", func(r *rig) {
		for i := range 500 {
			z := numbered(i)
			r.s.Tell(z, soa(z.apex, 1), targets(addrA))
		}
		r.after(3 * time.Second)
		r.answers(saying(dns.RcodeSuccess, time.Millisecond))
		r.after(2 * time.Second)
		r.s.mu.Lock()
		if p := r.s.peers[addrA]; p == nil || p.silent {
			t.Errorf("still silent, or too quick to tell: %+v", p)
		}
		r.s.mu.Unlock()
		r.after(8 * time.Second)
		r.nothingLeft()
	})
	scenario(t, "one is told at once while dead ones are being told of thousands of zones", func(r *rig) {
		for i := range 1000 {
			z := numbered(i)
			r.s.Tell(z, soa(z.apex, 1), many(19))
		}
		r.after(3 * time.Second)
		r.sent = nil
		live := netip.MustParseAddrPort("192.0.2.20:53")
		r.tell(r.zone("example."), 1, live)
		if n := len(r.sent); n != 1 || r.sent[0].to != live {
			t.Errorf("%d messages, but not to the live one at once", n)
		}
	})
}

func TestMessagesUnderWayAreBounded(t *testing.T) {
	scenario(t, "to each target, and in all", func(r *rig) {
		r.answers(saying(dns.RcodeSuccess, 100*time.Millisecond))
		for i := range 1000 {
			z := numbered(i)
			r.s.Tell(z, soa(z.apex, 1), many(8))
		}
		r.after(time.Hour)
		if r.max > perPeer || r.maxAll != inFlight || len(r.sent) != 8000 {
			t.Errorf("at a time %d to one, %d to all; %d sent", r.max, r.maxAll, len(r.sent))
		}
	})
}
