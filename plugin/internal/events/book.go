package events

import (
	"container/list"
	"time"
)

// mostOctets bounds what is remembered of alerts: some 200,000 usual ones.
const mostOctets = 128 << 20

// book is which alerts fire, and what every sink is owed. It is pure: it neither sends nor knows the time.
type book struct {
	limit  int // octets
	weight int // of the items
	line   timeline
	items  map[string]*item // by identity; those that are resolved, too, for their lifetime
	fading list.List        // of *item: those, the first one first
	debts  map[Sink]debt
}

// debt is what a sink is owed.
type debt interface {
	// told adds a transition.
	told(*event)
	// next is what to send now; nil: nothing before due. The same is next until it is settled. closing: what is owed
	// only again is not.
	next(now time.Time, closing bool) []*event
	// settle notes what became of that. report: it is to be told; pause: how long to wait before the next try.
	settle(fate) (report bool, pause time.Duration)
	// due is when there will be something to send even if nothing happens; zero: never.
	due() time.Time
	// left is how many events were not sent.
	left() int
	lose(reason error)
	takeLosses() losses
}

// fate is what became of a POST.
type fate int

const (
	delivered   fate = iota
	refused          // and would be again
	undelivered      // it may be tried again
)

func newBook() *book {
	return &book{limit: mostOctets, items: make(map[string]*item), debts: make(map[Sink]debt)}
}

// open adds a sink. It is owed all that fires.
func (b *book) open(s Sink, now time.Time) debt {
	switch s.kind {
	case webhook:
		q := new(queue)
		for i := range b.line.after(0) {
			if i.event.firing() {
				q.told(i.event)
			}
		}
		b.debts[s] = q
	case alertmanager:
		b.debts[s] = newLedger(&b.line, now)
	}
	return b.debts[s]
}

// close removes a sink.
func (b *book) close(s Sink, now time.Time) {
	delete(b.debts, s)
	b.tidy(now)
}

// fire notes that an alert fires, and says whether somebody is to be told.
func (b *book) fire(e *event, now time.Time) bool {
	key := identity(e.name, e.labels)
	old, need := b.items[key], e.weight()
	again := old != nil && old.event.firing()
	if again {
		if e.sameWords(old.event) {
			return false
		}
		e.starts = old.event.starts
		need -= old.weight
	}
	if !b.makeRoom(need) {
		for _, d := range b.debts {
			d.lose(ErrTooMany)
		}
		return true
	}
	if again && e.severity != old.event.severity {
		// The severity is a label at Alertmanager, where this is another alert.
		b.fade("", old.event.resolved(moment(now, now)), now)
	}
	if old != nil && old.event != nil {
		b.remove(old)
	}
	b.items[key] = b.add(key, e)
	b.tell(e)
	return true
}

// resolve notes that an alert fires no longer, and says whether somebody is to be told.
func (b *book) resolve(key string, at, now time.Time) bool {
	old := b.items[key]
	if old == nil || !old.event.firing() {
		return false
	}
	end := old.event.resolved(at)
	b.remove(old)
	b.fade(key, end, now)
	b.tell(end)
	return true
}

func (b *book) tell(e *event) {
	for _, d := range b.debts {
		d.told(e)
	}
}

// fade keeps the end of an alert for the Alertmanagers. Without a key, the alert is not found again.
func (b *book) fade(key string, end *event, now time.Time) {
	if !b.hasLedger() {
		return
	}
	i := b.add(key, end)
	i.noted, i.fading = now, b.fading.PushBack(i)
	if key != "" {
		b.items[key] = i
	}
}

func (b *book) add(key string, e *event) *item {
	i := b.line.add(key, e)
	b.weight += i.weight
	return i
}

func (b *book) remove(i *item) {
	if b.items[i.key] == i {
		delete(b.items, i.key)
	}
	if i.fading != nil {
		b.fading.Remove(i.fading)
	}
	b.weight -= i.weight
	b.line.remove(i)
}

// makeRoom forgets ends of alerts until something has room: Alertmanagers come to know them by themselves.
func (b *book) makeRoom(need int) bool {
	for b.weight+need > b.limit && b.fading.Len() > 0 {
		b.forget(b.fading.Front().Value.(*item), ErrTooMany)
	}
	return b.weight+need <= b.limit
}

// forget removes the end of an alert. Those Alertmanagers lose it that were not told.
func (b *book) forget(i *item, reason error) {
	for _, d := range b.debts {
		if l, ok := d.(*ledger); ok && l.changes < i.seq {
			l.lose(reason)
		}
	}
	b.remove(i)
}

// tidy removes ends that need not be sent any more: every Alertmanager has seen them come by itself.
func (b *book) tidy(now time.Time) {
	for e := b.fading.Front(); e != nil; e = b.fading.Front() {
		i := e.Value.(*item)
		if now.Sub(i.noted) < lifetime && b.hasLedger() {
			return
		}
		b.forget(i, ErrLate)
	}
}

func (b *book) hasLedger() bool {
	for s := range b.debts {
		if s.kind == alertmanager {
			return true
		}
	}
	return false
}
