package secondaryplus

import "github.com/understudy-dns/understudy/plugin/internal/refresh"

// manyZones is the number above which only zones that are not in order have metrics of their own, unless
// `metrics` says otherwise.
const manyZones = 10000

// metricsOfAll says whether each of so many zones has metrics.
func (e *engine) metricsOfAll(zones int) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch e.metrics {
	case metricsAll:
		return true
	case metricsProblems:
		return false
	}
	return zones <= manyZones
}

// problem says that a zone is not in order: it is not served as it should be, or its last refresh did not show
// that it is up to date.
func (m *member) problem() bool {
	if m.source().state != stateServing || m.zone.Lease().Failures > 0 {
		return true
	}
	last := m.zone.Report().Last.Result
	return last != refresh.Updated && last != refresh.Current
}

// zonesByState counts the zones in every state.
func zonesByState(members map[identity]*member) (counts [states]int) {
	for _, m := range members {
		counts[m.source().state]++
	}
	return counts
}
