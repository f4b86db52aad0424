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
	if stateOf(m.zone) != stateServing || m.zone.Lease().Failures > 0 {
		return true
	}
	last := m.zone.Report().Last.Result
	return last != refresh.Updated && last != refresh.Current
}

// zonesByState has every state, also those that no zone is in.
func zonesByState(members map[identity]*member) map[string]int {
	counts := make(map[string]int, len(states))
	for _, state := range states {
		counts[state] = 0
	}
	for _, m := range members {
		counts[stateOf(m.zone)]++
	}
	return counts
}
