package secondaryplus

import (
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/timers"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// downstream is a secondary that takes whatever it is given.
type downstream struct {
	at
	rcode, messages int
	writing         func()
}

func (d *downstream) TsigStatus() error { return nil }

func (d *downstream) WriteMsg(m *dns.Msg) error {
	d.rcode = m.Rcode
	return nil
}

func (d *downstream) Write(m []byte) (int, error) {
	d.messages++
	d.writing()
	return len(m), nil
}

// give answers an AXFR query for a zone of so many names.
func give(t *testing.T, c *crowd, names int, writing func()) *downstream {
	t.Helper()
	apex := owner.MustParse("a.")
	txn := zone.Replace(apex, nil)
	list := []zone.RR{{Owner: apex, Type: dns.TypeSOA, Data: make([]byte, 22)}}
	for i := range names {
		list = append(list, zone.RR{Owner: owner.MustParse(fmt.Sprintf("n%d.a.", i)), Type: dns.TypeTXT, Data: append([]byte{99}, make([]byte, 99)...)})
	}
	for _, rr := range list {
		if err := txn.Add(rr); err != nil {
			t.Fatal(err)
		}
	}
	v, _, err := txn.Commit()
	if err != nil {
		t.Fatal(err)
	}
	m := &member{zone: refresh.NewZone(apex, &refresh.Config{Clamps: timers.DefaultClamps()})}
	lease := timers.Timers{Refreshed: time.Now(), Expire: time.Now().Add(time.Hour)}
	m.zone.Restore(refresh.State{Published: zone.Published{Version: v}, Lease: lease}, time.Now())
	w := &downstream{at: at{addr: &net.TCPAddr{}}, writing: writing}
	o := &outgoingTransfer{
		served: &served{name: "a.", policy: &policy{config: new(config)}, member: m},
		w:      w, r: new(dns.Msg).SetAxfr("a."), carrier: stream, crowd: c,
	}
	o.ask()
	o.give()
	return w
}

func TestTransfersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd()
		var turns []*turn
		for range crowdPlaces {
			turn := c.enter()
			turn.pause() // its client does not read
			turns = append(turns, turn)
		}
		begun := time.Now()
		if w := give(t, c, 3, func() {}); w.messages != 1 || time.Since(begun) > 0 {
			t.Errorf("a small zone: %d messages after %s", w.messages, time.Since(begun))
		}
		if w := give(t, c, 1000, func() {}); w.rcode != dns.RcodeServerFailure || w.messages > 0 || time.Since(begun) != crowdWait {
			t.Errorf("one too many: RCODE %d, %d messages after %s", w.rcode, w.messages, time.Since(begun))
		}
		begun = time.Now()
		go func() {
			<-time.After(crowdWait - 1)
			turns[0].work()
			turns[0].leave()
		}()
		if w := give(t, c, 1000, func() {}); w.messages < 2 || time.Since(begun) != crowdWait-1 {
			t.Errorf("when there is a place: %d messages after %s", w.messages, time.Since(begun))
		}
		if len(c.places) != crowdPlaces-1 || len(c.processors) != 0 {
			t.Errorf("in use: %d places and %d processors", len(c.places), len(c.processors))
		}
	})
}

func TestTransfersLeaveProcessorsToQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd()
		share := max(runtime.GOMAXPROCS(0)/2, 1)
		w := give(t, c, 1000, func() {
			if len(c.processors) != 0 {
				t.Error("a client is waited for with a processor")
			}
		})
		if w.messages < 2 {
			t.Errorf("%d messages", w.messages)
		}
		var packing atomic.Int32
		for range share + 1 {
			go func() {
				turn := c.enter()
				packing.Add(1)
				<-time.After(time.Second)
				turn.leave()
			}()
			synctest.Wait()
		}
		if int(packing.Load()) != share {
			t.Errorf("%d pack at a time", packing.Load())
		}
		<-time.After(2 * time.Second)
		if synctest.Wait(); int(packing.Load()) != share+1 {
			t.Errorf("%d have packed", packing.Load())
		}
	})
}
