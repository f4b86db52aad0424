package events

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Hub remembers which alerts fire, and sends them to its sinks. There is one a process: it outlives reloads. Its
// methods may be called by anybody at any time, and only Close waits.
type Hub struct {
	report    func(Outcome)
	transport func() http.RoundTripper

	ctx     context.Context // of all workers
	cancel  context.CancelFunc
	closing chan struct{}  // closed when Close is called
	working sync.WaitGroup // added to under mu

	mu      sync.Mutex
	closed  bool
	book    *book
	workers map[Sink]*worker
}

// NewHub makes a Hub without sinks: nothing runs yet. Close ends it. What becomes of alerts is told to report, unless
// it is nil, by the workers: report is called by several at a time. A sink is sent nothing meanwhile. Close must not be
// called there.
func NewHub(report func(Outcome)) *Hub { return newHub(report, newTransport) }

func newHub(report func(Outcome), transport func() http.RoundTripper) *Hub {
	if report == nil {
		report = func(Outcome) {}
	}
	h := &Hub{
		report:    report,
		transport: transport,
		closing:   make(chan struct{}),
		book:      newBook(),
		workers:   make(map[Sink]*worker),
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

// Configure sets who is told from now on. Sinks that were there go on with what they are owed; what those are owed
// that are no longer there is dropped. A new one is told of all that fires.
func (h *Hub) Configure(sinks []Sink) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	keep := make(map[Sink]bool)
	for _, s := range sinks {
		if s == (Sink{}) {
			continue
		}
		keep[s] = true
		if h.workers[s] == nil {
			h.start(s)
		}
	}
	for s, w := range h.workers {
		if !keep[s] {
			w.cancel()
			delete(h.workers, s)
			h.book.close(s, time.Now())
		}
	}
}

func (h *Hub) start(s Sink) {
	w := &worker{
		hub:    h,
		sink:   s,
		debt:   h.book.open(s, time.Now()),
		client: newClient(h.transport()),
		wake:   make(chan struct{}, 1),
	}
	w.ctx, w.cancel = context.WithCancel(h.ctx)
	h.workers[s] = w
	h.working.Go(w.run)
}

// Fire says that an alert fires. Said again with the same words, nothing happens, so that it can be said whenever it is
// seen; with other words, or another severity, the sinks are told. An alert for which there is no room is dropped; it
// is new again when it is fired the next time.
func (h *Hub) Fire(a Alert) {
	now := time.Now()
	e := normalize(a, now)
	h.change(func() bool { return h.book.fire(e, now) })
}

// Resolve says that an alert fires no longer, since at; zero, or in the future: now. If it does not fire, nothing
// happens.
func (h *Hub) Resolve(name string, labels map[string]string, at time.Time) {
	now := time.Now()
	key := identity(cut(name, longestName), normalLabels(labels))
	h.change(func() bool { return h.book.resolve(key, moment(at, now), now) })
}

// change changes the book, and wakes the workers if it says so.
func (h *Hub) change(how func() bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || !how() {
		return
	}
	for _, w := range h.workers {
		w.poke()
	}
}

// Close ends the Hub and waits for that. Until ctx ends, the sinks are sent what they are owed, each until a first
// failure. Alerts that fire are not resolved; at an Alertmanager they end by themselves, four minutes after they were
// sent last.
func (h *Hub) Close(ctx context.Context) {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.closing)
	}
	h.mu.Unlock()
	stop := context.AfterFunc(ctx, h.cancel)
	defer stop()
	h.working.Wait()
	h.cancel()
}

func (h *Hub) isClosing() bool {
	select {
	case <-h.closing:
		return true
	default:
		return false
	}
}
