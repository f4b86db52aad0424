package secondaryplus

import (
	"cmp"
	"sync"
	"time"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/refresh"
)

// alarm has the alerts about the zones that are in trouble fire and end. It keeps nothing of those that are well, so that
// very many zones cost nothing.
type alarm struct {
	wake chan struct{}
	stop chan struct{}
	done sync.WaitGroup

	failures, ends flood // lines about refreshes that fail, and about leases that end

	mu       sync.Mutex
	troubles map[*member]*trouble
	session  uint64 // of those who are told, when it was looked last
}

// trouble is what a zone is in.
type trouble struct {
	server string
	since  time.Time // when a refresh failed first; zero: none has
	reason string    // why the last one has
	told   grades    // the alerts that fire
	state  state     // that they were told with
}

func newAlarm() *alarm {
	a := &alarm{wake: make(chan struct{}, 1), stop: make(chan struct{}), troubles: make(map[*member]*trouble)}
	a.done.Go(a.run)
	return a
}

// close ends the goroutine. What fires goes on firing, as far as anybody knows.
func (a *alarm) close() {
	close(a.stop)
	a.done.Wait()
}

const (
	// alarmPause is how long the alarm rests at least, and alarmShare by how much longer than it looked: a primary may fail
	// that has very many zones.
	alarmPause = time.Second
	alarmShare = 100
	// alarmRest is how long it rests at most while a zone is in trouble: somebody may be there to be told by then.
	alarmRest = 30 * time.Second
)

func (a *alarm) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var rested time.Time // when it has rested
	for {
		select {
		case <-a.stop:
			return
		case <-a.wake:
			if rest := time.Until(rested); rest > 0 {
				timer.Reset(rest)
				continue
			}
		case <-timer.C:
		}
		begun := time.Now()
		next := a.look(begun)
		if again := a.ebb(begun); next.IsZero() || !again.IsZero() && again.Before(next) {
			next = again
		}
		rested = time.Now().Add(max(alarmPause, alarmShare*time.Since(begun)))
		if next.IsZero() {
			continue
		}
		if next.Before(rested) {
			next = rested
		}
		timer.Reset(time.Until(next))
	}
}

// ebb tells of the lines that were left out. It returns when to come back; zero: there is no need.
func (a *alarm) ebb(now time.Time) (again time.Time) {
	if n := a.failures.rest(now); n > 0 {
		log.Warningf("%d lines more about refreshes that failed were left out: the status and the metrics have them all", n)
	}
	if n := a.ends.rest(now); n > 0 {
		log.Errorf("%d zones more have EXPIRED: the status and the metrics have them all", n)
	}
	if a.failures.pending() || a.ends.pending() {
		return now.Add(floodSpan)
	}
	return again
}

// ended takes the outcome of a refresh, or the end of a lease.
func (a *alarm) ended(m *member, server string, o refresh.Outcome) {
	well := o.Result == refresh.Updated || o.Result == refresh.Current
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.troubles[m]
	if t == nil {
		if well && a.calm(m) {
			return
		}
		t = a.enter(m, server)
	}
	t.take(m, o)
	a.poke()
}

// take notes whether refreshes fail. They do not while a version is held back, or a zone waits for its primary: those who
// keep them have something to say themselves. But what is held may be why a zone expires.
func (t *trouble) take(m *member, o refresh.Outcome) {
	switch o.Result {
	case refresh.Failed, refresh.Behind:
		t.reason = m.reason(o)
		if t.since.IsZero() {
			t.since = time.Now()
		}
	case refresh.Expired:
		t.reason = cmp.Or(t.reason, m.reason(o))
	case refresh.Kept:
		t.since, t.reason = time.Time{}, m.reason(o)
	default:
		t.since, t.reason = time.Time{}, ""
	}
}

// begun takes a zone that an instance begins with. It may have expired long ago.
func (a *alarm) begun(m *member, server string) {
	if m.zone.Current() == nil || a.calm(m) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.troubles[m] == nil {
		a.enter(m, server).reason = "so it was when this process began"
		a.poke()
	}
}

// calm says that nothing is wrong with a zone of which no refresh fails.
func (*alarm) calm(m *member) bool {
	g, _ := m.circumstances(time.Time{}).concerned(time.Now())
	return g == grades{}
}

func (a *alarm) enter(m *member, server string) *trouble {
	t := &trouble{server: server}
	a.troubles[m] = t
	return t
}

// gone has the alerts about a zone end that is not served any more.
func (a *alarm) gone(m *member) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.troubles[m]; t != nil {
		m.tell(t, grades{})
		delete(a.troubles, m)
	}
}

// renamed has the alerts about a zone be those of another server block.
func (a *alarm) renamed(m *member, server string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.troubles[m]; t != nil {
		m.tell(t, grades{})
		t.server = server
		a.poke()
	}
}

func (a *alarm) poke() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// look tells what has changed, and forgets whom nothing ails any more. It returns when to look again; zero: nobody is in
// trouble.
func (a *alarm) look(now time.Time) (next time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	session := alerts.Session()
	for m, t := range a.troubles {
		if session != a.session {
			t.told = grades{} // those who are there now know of nothing
		}
		g, at := m.circumstances(t.since).concerned(now)
		if session != 0 {
			m.tell(t, g)
		}
		if t.since.IsZero() && g == (grades{}) {
			delete(a.troubles, m)
			continue
		}
		if rest := now.Add(alarmRest); at.IsZero() || rest.Before(at) {
			at = rest
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	a.session = session
	return next
}

// tell has those alerts fire that are to, and no others. Of one that fires there is something new when the zone is answered
// in another way.
func (m *member) tell(t *trouble, g grades) {
	now := m.source().state
	for c := range concerns {
		switch {
		case g[c] == t.told[c] && (g[c] == "" || now == t.state):
		case g[c] == "":
			alerts.Resolve(alertNames[c], alertLabels(m, t.server))
		default:
			alerts.Fire(m.alert(c, g[c], t.server, t.reason))
		}
	}
	t.told, t.state = g, now
}
