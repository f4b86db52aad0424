package refresh

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// restored begins with served zones that are all due.
func (r *rig) restored(n int, addrs ...fakeAddr) (zones []*Zone) {
	now := time.Now()
	for _, name := range names(n) {
		z := NewZone(owner.MustParse(name), config(r.fake, addrs...))
		v, _ := version(z.Apex(), nil, 1, true)
		z.Restore(State{
			Published: zone.Published{Version: v},
			Lease:     timers.Timers{Refreshed: now, Expire: now.Add(expireAfter)},
			Source:    addrs[0], Pin: addrs[0],
		}, now)
		zones = append(zones, z)
	}
	for _, z := range zones {
		r.s.Add(z)
	}
	synctest.Wait()
	return zones
}

func TestPace(t *testing.T) {
	const many = 3000
	scenario(t, "zones that are served and due together are checked one after the other", Options{}, func(r *rig) {
		r.serial(addrA, 1)
		r.restored(many, addrA)
		begun := time.Now()
		r.after(many * paced)
		r.fake.mu.Lock()
		defer r.fake.mu.Unlock()
		if len(r.calls) != many {
			r.Errorf("%d are checked in %s", len(r.calls), many*paced)
		}
		for i, c := range r.calls {
			due := time.Duration(i+1) * paced
			if at := c.at.Sub(begun); at < due-pacedBurst-paced || at > due {
				r.Fatalf("the check %d is made after %s", i, at)
			}
		}
	})
	scenario(t, "what somebody asks for, and what is not served, does not wait for that", Options{}, func(r *rig) {
		r.serial(addrA, 1)
		zones := r.restored(many, addrA)
		r.serial(addrA, 2)
		last := zones[many-1]
		r.notify(last, addrA, 2)
		r.serves(last, 2)
		r.serves(r.add("new.", addrA), 2)
		if _, ready, _ := r.s.Counts(); ready < many/2 {
			r.Errorf("only %d wait", ready)
		}
	})
	t.Run("very many zones are checked once a minute", func(t *testing.T) {
		var p pace
		now := time.Now()
		for range 600_000 {
			p.took(now, 600_000)
		}
		if took := p.next.Sub(now); took > pacedRound || took < pacedRound/2 {
			t.Errorf("a round takes %s", took)
		}
	})
}
