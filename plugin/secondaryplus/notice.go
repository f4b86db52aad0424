package secondaryplus

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// tally counts queries by what became of them while no primary vouched for the zone.
type tally struct {
	total atomic.Uint64
	told  uint64 // of these, how many the log has told of; guarded by member.telling
}

// fresh is how many came since the log was told.
func (t *tally) fresh() uint64 {
	n := t.total.Load() - t.told
	if n > 0 {
		t.told += n
	}
	return n
}

// sees is called by queries that are answered in an unusual way. They are the first to know that `stale` is
// over.
func (m *member) sees(now state) {
	if was := state(m.told.Load()); was != now && was != stateServing {
		m.notice()
	}
}

// notice writes how the zone is answered now, unless the log knows. That a zone is served no longer, the
// end of its lease has said; that it is served again, recovered says. It does not wait for others who tell.
func (m *member) notice() {
	if !m.telling.TryLock() {
		return
	}
	defer m.telling.Unlock()
	was, now := state(m.told.Load()), m.source().state
	if now == was || was == stateServing || now == stateServing {
		return
	}
	m.told.Store(uint32(now))
	over := ""
	switch was {
	case stateStale:
		over = "stale answers are over; "
	case stateFallback:
		over = "no more answers from the fallback file; "
	}
	log.Warningf("%s: %s%s", m.zone.Name(), over, m.manner(now))
}

// manner says how queries are answered in a state.
func (m *member) manner(s state) string {
	switch s {
	case stateServing:
		return "by now a primary has"
	case stateStale:
		return m.staleness()
	case stateFallback:
		return "queries are answered from the fallback file"
	}
	return "queries are answered SERVFAIL"
}

func (m *member) staleness() string {
	until := m.staleUntil()
	if m.endless(until) {
		return "its data are answered as stale until a primary is back"
	}
	why := ""
	if known := m.lapse.Load(); known != nil && known.signed && until.Equal(known.until) {
		why = ", when the first of its signatures expires"
	}
	return fmt.Sprintf("its data are answered as stale until %s%s", until.UTC().Format(time.RFC3339), why)
}

// ended is the sentence about the end of the lease.
func (m *member) ended() string {
	m.telling.Lock()
	defer m.telling.Unlock()
	now := m.source().state
	m.told.Store(uint32(now))
	return m.manner(now)
}

// recovered tells that the zone is served again, and what it had cost that it was not.
func (m *member) recovered(had bool, with serial.Serial) {
	m.telling.Lock()
	defer m.telling.Unlock()
	was := state(m.told.Swap(uint32(stateServing)))
	var costs strings.Builder
	rare := m.noted()
	for _, c := range []struct {
		what string
		*tally
	}{
		{"queries answered SERVFAIL", &rare.unansweredQueries},
		{"stale answers", &rare.staleAnswers},
		{"answers from the fallback file", &rare.fallbackAnswers},
	} {
		if n := c.fresh(); n > 0 {
			fmt.Fprintf(&costs, "; %s until then: %d", c.what, n)
		}
	}
	if costs.Len() == 0 && (was == stateServing || was == stateUnloaded) {
		return
	}
	again := ""
	if had {
		again = " again"
	}
	log.Infof("%s: answers%s, with serial %s%s", m.zone.Name(), again, with, costs.String())
}
