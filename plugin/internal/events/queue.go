package events

import "time"

// queueSize is how many transitions a webhook is owed at most.
const queueSize = 1024

// retries are the waits before a transition is tried again. With them, a receiver may take half a minute to
// restart.
var retries = [...]time.Duration{time.Second, 5 * time.Second, 25 * time.Second}

// queue is what a webhook is owed: transitions, the oldest first.
type queue struct {
	losses
	waiting [queueSize]*event // a ring
	first   int
	length  int
	current *event // under way: it is not dropped for a newer one
	failed  int    // tries of current
}

func (q *queue) told(e *event) {
	if q.length == queueSize {
		q.pop()
		q.lose(ErrQueue)
	}
	q.waiting[(q.first+q.length)%queueSize] = e
	q.length++
}

func (q *queue) pop() *event {
	e := q.waiting[q.first]
	q.waiting[q.first] = nil
	q.first = (q.first + 1) % queueSize
	q.length--
	return e
}

func (q *queue) next(time.Time, bool) []*event {
	if q.current == nil {
		if q.length == 0 {
			return nil
		}
		q.current, q.failed = q.pop(), 0
	}
	return []*event{q.current}
}

func (q *queue) settle(f fate) (report bool, pause time.Duration) {
	if f == undelivered && q.failed < len(retries) {
		q.failed++
		return false, retries[q.failed-1]
	}
	q.current = nil
	return true, 0
}

func (q *queue) due() time.Time { return time.Time{} }

func (q *queue) left() int {
	if q.current != nil {
		return q.length + 1
	}
	return q.length
}
