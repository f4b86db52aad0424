package secondaryplus

import (
	"runtime"
	"time"
)

// crowd bounds what all outgoing transfers of the process take together: a thousand secondaries may ask at once for a
// zone of ten million records. Those that are little work (outgoing.Light) are not in it.
type crowd struct {
	places chan struct{} // for transfers
	// processors are for those that decide, pack or sign at the moment, and do not wait for a client: half of what there
	// is, so that queries find one that is free.
	processors chan struct{}
}

const (
	crowdPlaces = 100
	// crowdWait is how long a client waits for a place. It may give up itself after ten seconds without a message, as
	// we would.
	crowdWait = 5 * time.Second
)

func newCrowd() *crowd {
	return &crowd{make(chan struct{}, crowdPlaces), make(chan struct{}, max(runtime.GOMAXPROCS(0)/2, 1))}
}

// A turn is the place of a transfer. The nil turn is that of one that needs none.
type turn struct{ *crowd }

// enter waits for a place, and nil is returned when there was none in time.
func (c *crowd) enter() *turn {
	late := time.NewTimer(crowdWait)
	defer late.Stop()
	select {
	case c.places <- struct{}{}:
	case <-late.C:
		return nil
	}
	t := &turn{c}
	t.work()
	return t
}

// work waits for a processor, pause gives it back while a message is written.
func (t *turn) work() {
	if t != nil {
		t.processors <- struct{}{}
	}
}

func (t *turn) pause() {
	if t != nil {
		<-t.processors
	}
}

// leave ends a turn that is at work.
func (t *turn) leave() {
	if t != nil {
		t.pause()
		<-t.places
	}
}
