package events

import (
	"context"
	"net/http"
	"time"
)

// worker sends one sink what it is owed.
type worker struct {
	hub    *Hub
	sink   Sink
	debt   debt // guarded by the mutex of the hub
	client *http.Client
	ctx    context.Context // until the sink is removed
	cancel context.CancelFunc
	wake   chan struct{}
}

// poke says that the debt changed.
func (w *worker) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run sends until the sink is removed, or the hub closes and the sink is owed nothing any more.
func (w *worker) run() {
	defer w.end()
	for w.ctx.Err() == nil {
		closing := w.hub.isClosing()
		batch, due := w.next(closing)
		switch {
		case len(batch) > 0:
			if !w.send(batch) {
				return
			}
		case closing:
			return
		default:
			w.idle(due)
		}
	}
}

// next takes what is to be sent, and tells what will not be.
func (w *worker) next(closing bool) (batch []*event, due time.Time) {
	w.hub.mu.Lock()
	now := time.Now()
	w.hub.book.tidy(now)
	batch, due = w.debt.next(now, closing), w.debt.due()
	lost := w.debt.takeLosses()
	w.hub.mu.Unlock()
	w.tellLosses(lost)
	return batch, due
}

func (w *worker) tellLosses(l losses) {
	for reason, n := range l {
		w.hub.report(Outcome{w.sink, Dropped, n, reason})
	}
}

// send sends a batch, and says whether to go on.
func (w *worker) send(batch []*event) bool {
	err := post(w.ctx, w.client, w.sink, w.document(batch))
	if err != nil && w.ctx.Err() != nil {
		return false
	}
	w.hub.mu.Lock()
	report, pause := w.debt.settle(fateOf(err))
	w.hub.book.tidy(time.Now())
	w.hub.mu.Unlock()
	if report {
		o := Outcome{w.sink, Sent, len(batch), err}
		if err != nil {
			o.Result = Failed
		}
		w.hub.report(o)
	}
	return pause == 0 || w.pause(pause)
}

func (w *worker) document(batch []*event) []byte {
	if w.sink.kind == webhook {
		return encodeTransition(batch[0])
	}
	return encodeStates(batch, time.Now())
}

// pause waits before a next try, and says whether there is to be one. There is only one more after the hub began to
// close: who does not take an alert then does not take the others either, and the process is to end.
func (w *worker) pause(d time.Duration) bool {
	if w.hub.isClosing() {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.hub.closing:
	case <-w.ctx.Done():
	}
	return true
}

// idle waits until there may be something to send.
func (w *worker) idle(due time.Time) {
	var timer <-chan time.Time
	if !due.IsZero() {
		t := time.NewTimer(time.Until(due))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-w.wake:
	case <-w.hub.closing:
	case <-w.ctx.Done():
	}
}

// end tells what was not sent.
func (w *worker) end() {
	w.cancel()
	w.client.CloseIdleConnections()
	w.hub.mu.Lock()
	lost, left := w.debt.takeLosses(), w.debt.left()
	w.hub.mu.Unlock()
	w.tellLosses(lost)
	if left > 0 {
		w.hub.report(Outcome{w.sink, Dropped, left, ErrEnded})
	}
}
