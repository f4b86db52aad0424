package nsfailover

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/zone"
)

// watchedZone is what is known of a zone. One round of it is under way at a time.
type watchedZone struct {
	apex   owner.Name
	name   string // in lower case, with the final dot
	server string // of the server block

	mu      sync.Mutex
	gone    bool // nobody watches it any more: nothing is told
	stanza  *watchConfig
	version *zone.Version // that is here; nil: there is none, or none that can be looked at
	asking  bool          // a round is under way
	due     time.Time     // of the next round; zero: it has no time yet
	rounds  *followUp     // after a publication; nil: all are in step

	history nswatch.History
	changes *atomic.Uint64 // of the histories of all zones
	repeats nswatch.Repeats
	sample  []nswatch.Question
	parent  *nswatch.Parent // nil: not known
	asked   struct{ parent, dnssec time.Time }

	at     time.Time // of the last round
	count  int       // nameservers
	seen   []nswatch.Seen
	cut    bool                         // of several servers none answered in the last round
	until  map[nswatch.Server]time.Time // when signatures expire
	timed  map[nswatch.Server]bool      // with a histogram
	behind map[nswatch.Server]time.Time // since when, as of the last round; zero: they are not
	known  map[nswatch.Subject]bool     // as in a Report
	open   map[nswatch.Subject]nswatch.Finding
	said   map[string]string // what could not be asked, and was told
}

// followUp are the rounds after a publication.
type followUp struct {
	at   time.Time // of the publication
	next time.Time
	n    int // of the next one
}

func newWatchedZone(apex owner.Name, server string, h nswatch.History, changes *atomic.Uint64) *watchedZone {
	return &watchedZone{
		apex: apex, name: apex.Canonical(), server: server, history: h, changes: changes,
		until: make(map[nswatch.Server]time.Time), timed: make(map[nswatch.Server]bool), known: make(map[nswatch.Subject]bool),
		open: make(map[nswatch.Subject]nswatch.Finding), said: make(map[string]string),
	}
}

// configure has a stanza count. Another one is reason to look at once.
func (z *watchedZone) configure(c *watchConfig) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.stanza != c {
		z.stanza, z.due = c, time.Time{}
		z.asked.parent, z.asked.dnssec = time.Time{}, time.Time{}
	}
}

// published takes in what is here. Another version than before is a publication.
func (z *watchedZone) published(v view, now time.Time) {
	z.mu.Lock()
	defer z.mu.Unlock()
	own, ok := v.(ofVersion)
	if !ok || own.version == z.version {
		return
	}
	if z.version != nil {
		z.rounds = &followUp{at: now, next: now.Add(z.stanza.after[0])}
	}
	if z.version != nil && z.version.Serial().Newer(own.version.Serial()) {
		z.history.Published(own.version.Serial(), now) // we have gone back; others are not ahead for that
	} else {
		z.history.Note(own.version.Serial(), now)
	}
	z.version = own.version
	z.changes.Add(1)
}

// spread is how far the first rounds of many zones are apart.
const spread = 100 * time.Millisecond

// dueAt says whether a round is due. The first one of a zone comes soon, some time within what all zones take.
func (z *watchedZone) dueAt(now time.Time, zones int) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.due.IsZero() {
		z.due = now.Add(rand.N(min(z.stanza.every, time.Duration(zones)*spread)))
	}
	return !z.asking && (!now.Before(z.due) || z.rounds != nil && !now.Before(z.rounds.next))
}

// begin notes that a round begins.
func (z *watchedZone) begin(now time.Time) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asking = true
	if !now.Before(z.due) {
		z.due = now.Add(around(z.stanza.every))
	}
	f := z.rounds
	if f == nil || now.Before(f.next) {
		return
	}
	after := z.stanza.after
	if f.n++; f.n < len(after) {
		f.next = f.at.Add(after[f.n])
	} else {
		f.next = now.Add(after[len(after)-1])
	}
}

// end notes that it has ended. All that answer being in step is the end of what follows a publication.
func (z *watchedZone) end(inStep bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asking = false
	if inStep && z.rounds != nil && z.rounds.n > 0 {
		z.rounds = nil
	}
}

// serials is the history of the zone.
func (z *watchedZone) serials() nswatch.History {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.history.Clone()
}

// hurry has everything looked at soon.
func (z *watchedZone) hurry(now time.Time) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.due = now
	z.asked.parent, z.asked.dnssec = time.Time{}, time.Time{}
}

// findings are what is wrong, in order; z.mu is held.
func (z *watchedZone) findings() []nswatch.Finding {
	return nswatch.Sorted(slices.Collect(maps.Values(z.open)))
}
