package soak_test

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
)

// watch asks one server for the SOA of one zone after the other.
type watch struct {
	name, addr string
	strict     bool // a zone that it once had must always be answered
	history    *history
	mu         sync.Mutex     // held while it is asked, and while it is killed and brought back
	down       bool           // nobody asks it
	floor      map[string]int // the place of the latest serial that was seen, or saved
	asked      int
	wrong      int
}

func newWatch(name, addr string, strict bool, h *history) *watch {
	return &watch{name: name, addr: addr, strict: strict, history: h, floor: map[string]int{}}
}

// pace is how long a watch waits between two questions: each zone is seen about once a second.
const pace = 5 * time.Millisecond

// run asks until stop is closed.
func (w *watch) run(t *testing.T, list []*model, stop <-chan struct{}) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-stop:
			t.Logf("%s was asked %d times", w.name, w.asked)
			return
		case <-tick.C:
		}
		if err := w.look(list[i%len(list)].name); err != nil {
			if w.wrong++; w.wrong <= 20 {
				t.Errorf("%s %s: %v", time.Now().Format(time.TimeOnly), w.name, err)
			}
		}
	}
}

// serial asks once more when nothing comes back, as resolvers do: a reload may lose a datagram. An answer that says
// no is an answer.
func (w *watch) serial(zone string) (serial uint32, err error) {
	_ = ask.Poll(time.Second, func() error {
		serial, err = ask.Serial(w.addr, zone, ask.Timeout(2*time.Second))
		if lost := net.Error(nil); errors.As(err, &lost) {
			return err
		}
		return nil
	})
	return serial, err
}

// look asks for one zone.
func (w *watch) look(zone string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return nil
	}
	serial, err := w.serial(zone)
	w.asked++
	floor, seen := w.floor[zone]
	if err != nil {
		if w.strict && seen {
			return fmt.Errorf("%s is not answered: %w", zone, err)
		}
		return nil
	}
	order, known := w.history.of(zone, serial)
	switch {
	case !known:
		return fmt.Errorf("%s has serial %d, which the primary never had", zone, serial)
	case seen && order < floor:
		return fmt.Errorf("%s went back to serial %d, the %dth, from the %dth", zone, serial, order, floor)
	}
	w.floor[zone] = order
	return nil
}

// without does something during which the server is not asked. What it returns is what a server that was restarted
// must have at least.
func (w *watch) without(do func() (floor map[string]int)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.floor = do()
}

func (w *watch) setDown(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
}
