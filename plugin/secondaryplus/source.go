package secondaryplus

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// state is what a zone is answered from.
type state uint32

// The states of a zone.
const (
	stateUnloaded state = iota // it was never transferred: SERVFAIL
	stateServing
	stateStale    // from its own data, though its lease is over
	stateFallback // from the fallback file
	stateExpired  // its lease is over, and so is `stale`: SERVFAIL
	states
)

var stateNames = [states]string{"unloaded", "serving", "stale", "fallback", "expired"}

func (s state) String() string { return stateNames[s] }

// answerable says that queries get an answer from the zone.
func (s state) answerable() bool { return s != stateUnloaded && s != stateExpired }

// A lastResort says how a zone is answered when a primary does not vouch for its data. It is never changed.
type lastResort struct {
	stale    time.Duration // how long after the end of the lease the data may be used; 0: not at all
	fallback *zone.Version // of the fallback file, or nil
	ttl      uint32        // what is answered has at most this TTL, in seconds
}

// lapse is what is known of a version whose lease is over.
type lapse struct {
	content zone.SetHash
	signed  bool
	until   time.Time // when the first of its signatures expires, if it is signed
}

// standing is a member's part about what it is answered from.
type standing struct {
	resort  atomic.Pointer[lastResort] // as committed; stored under engine.mu
	lapse   atomic.Pointer[lapse]      // nil: the lease is not over, or it is not known how long the data hold
	lapsing sync.Mutex                 // held while lapse changes
	told    atomic.Uint32              // the state that the log knows of; stored under telling, but for begin
	telling sync.Mutex
}

// source is what a zone is answered from at one moment.
type source struct {
	state   state
	version *zone.Version // nil: the answer is SERVFAIL
	maxTTL  uint32        // in seconds; 0: TTLs are those of the version
}

// source finds it without waiting, and looks at the clock only when the lease is over.
func (m *member) source() source {
	v := m.zone.Current()
	if v != nil && !m.zone.Expired() {
		return source{stateServing, v, 0}
	}
	known := m.lapse.Load()
	if v != nil && known != nil && known.content != v.SetHash() {
		// It came after the lease of the other one had ended, and its own begins at this moment.
		return source{stateServing, v, 0}
	}
	resort := m.resort.Load()
	switch {
	case v != nil && time.Now().Before(m.staleUntil()):
		return source{stateStale, v, resort.ttl}
	case resort.fallback != nil:
		return source{stateFallback, resort.fallback, resort.ttl}
	case v != nil:
		return source{state: stateExpired}
	}
	return source{state: stateUnloaded}
}

// staleUntil is when the data of a zone whose lease is over must not be used any more. As long as the end of
// its signatures is not known, that is at once.
func (m *member) staleUntil() time.Time {
	known, resort := m.lapse.Load(), m.resort.Load()
	if known == nil || resort.stale == 0 {
		return time.Time{}
	}
	until := m.zone.Lease().Expire.Add(resort.stale)
	if known.signed && known.until.Before(until) {
		return known.until
	}
	return until
}

// endless says that staleUntil is no moment that matters: `stale forever`, without signatures.
func (m *member) endless(until time.Time) bool { return until.Sub(m.zone.Lease().Expire) == forever }

// lapsed finds out, once a version, until when the signatures of a zone hold whose lease is over. It looks
// at the whole zone, and is therefore not for the path of a query.
func (m *member) lapsed() {
	m.lapsing.Lock()
	defer m.lapsing.Unlock()
	v := m.zone.Current()
	if v == nil || !m.zone.Expired() {
		return
	}
	if known := m.lapse.Load(); known != nil && known.content == v.SetHash() {
		return
	}
	until, signed := guard.SignedUntil(v, time.Now())
	m.lapse.Store(&lapse{v.SetHash(), signed, until})
}

// renewed forgets what was known of a version that another one has replaced.
func (m *member) renewed() {
	m.lapsing.Lock()
	defer m.lapsing.Unlock()
	m.lapse.Store(nil)
}

// begin is called for each zone of an instance that starts. A zone whose state outlived the process may be
// past its lease already.
func (m *member) begin() {
	if m.zone.Expired() {
		m.lapsed()
		m.notice()
	} else if m.zone.Current() != nil {
		m.told.CompareAndSwap(uint32(stateUnloaded), uint32(stateServing))
	}
}
