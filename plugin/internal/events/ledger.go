package events

import (
	"math"
	"time"
)

// Bounds of a POST to an Alertmanager. Prometheus sends as many alerts.
const (
	batchSize   = 256
	batchWeight = 1 << 20 // octets, about
)

// ledger is what an Alertmanager is owed: what changed, and every minute the whole timeline. Changes go first.
//
// The ends of alerts are sent again, too: an Alertmanager whose clock is behind takes an end that is still to come for
// it, and goes on believing what it was told before.
type ledger struct {
	losses
	line    *timeline
	changes uint64 // in the timeline, how far what changed was taken
	again   span   // what is to be sent again
	begin   time.Time

	batch    *uint64 // where the batch under way belongs: changes, or again.from
	reached  uint64  // how far that is advanced by it
	failures int     // in a row
}

// span is the part of a timeline after an item up to another one.
type span struct{ from, to uint64 }

func newLedger(line *timeline, now time.Time) *ledger {
	return &ledger{line: line, begin: now.Add(resendWait)}
}

func (l *ledger) told(*event) {} // it is in the timeline

func (l *ledger) next(now time.Time, closing bool) []*event {
	if batch := l.collect(&l.changes, math.MaxUint64); len(batch) > 0 || closing {
		return batch
	}
	// A round that takes more than a minute is not begun anew: what comes last would never be sent.
	if l.again.from == l.again.to && !now.Before(l.begin) {
		l.again = span{0, l.changes}
		l.begin = now.Add(resendWait)
	}
	return l.collect(&l.again.from, l.again.to)
}

// collect takes the next batch of what follows a place in the timeline. Without one, that place is at the end.
func (l *ledger) collect(from *uint64, to uint64) (batch []*event) {
	weight := 0
	l.batch, l.reached = from, min(to, l.line.last)
	for i := range l.line.after(*from) {
		if i.seq > to {
			break
		}
		if weight += i.weight; len(batch) == batchSize || len(batch) > 0 && weight > batchWeight {
			return batch
		}
		batch = append(batch, i.event)
		l.reached = i.seq
	}
	if len(batch) == 0 {
		*from = l.reached
	}
	return batch
}

func (l *ledger) settle(f fate) (report bool, pause time.Duration) {
	if f == undelivered {
		pause = min(resendWait, time.Second<<min(l.failures, 6))
		l.failures++
		return true, pause
	}
	// It will say the same of what it refuses. The others of the batch are good, and so may be the next ones.
	*l.batch = l.reached
	l.failures = 0
	return true, 0
}

func (l *ledger) due() time.Time { return l.begin }

func (l *ledger) left() (n int) {
	for range l.line.after(l.changes) {
		n++
	}
	return n
}
