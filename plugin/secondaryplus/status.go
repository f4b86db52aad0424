package secondaryplus

import (
	"cmp"
	"runtime"
	"slices"
	"time"

	"github.com/coredns/coredns/coremain"

	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// statusSource shows the engine to the status listener.
type statusSource struct{ *engine }

var begun = time.Now()

// Summary implements status.Source.
func (e statusSource) Summary() status.Summary {
	members := e.all()
	s := status.Summary{
		Version: status.Version{CoreDNS: coremain.CoreVersion, Build: coremain.GitCommit, Go: runtime.Version()},
		Started: status.At(begun),
		Zones:   statesByName(members), Primaries: primariesOfAll(members),
	}
	e.mu.Lock()
	scheduler, limits := e.scheduler, e.limits
	e.mu.Unlock()
	s.Transfers.Limit, s.Transfers.PerPrimary = limits.total, limits.perPrimary
	if scheduler != nil {
		s.Refreshes.Running, s.Refreshes.Queued, s.Transfers.Running = scheduler.Counts()
	}
	return s
}

// IDs implements status.Source.
func (e statusSource) IDs() []status.ID { return e.ids(func(identity) bool { return true }) }

// Named implements status.Source.
func (e statusSource) Named(name string) []status.ID {
	return e.ids(func(id identity) bool { return id.zone == name })
}

func (e statusSource) ids(wanted func(identity) bool) []status.ID {
	e.mu.Lock()
	var list []status.ID
	for id := range e.members {
		if wanted(id) {
			list = append(list, status.ID{Zone: id.zone, Server: id.key, View: id.view})
		}
	}
	e.mu.Unlock()
	slices.SortFunc(list, func(a, b status.ID) int {
		return cmp.Or(cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Server, b.Server), cmp.Compare(a.View, b.View))
	})
	return list
}

// member is the zone of an identity, nil if there is none.
func (e statusSource) member(id status.ID) *member {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.members[identity{nameInView{id.Zone, id.View}, id.Server}]
}

// Zone implements status.Source.
func (e statusSource) Zone(id status.ID) (status.Zone, bool) {
	m := e.member(id)
	if m == nil {
		return status.Zone{}, false
	}
	return e.describe(m, id), true
}

// RefreshAll implements status.Source.
func (e statusSource) RefreshAll() int {
	members := e.all()
	for _, m := range members {
		m.scheduler.Request(m.zone)
	}
	log.Infof("A refresh of all %d zones was ordered", len(members))
	return len(members)
}

// statesByName has every state, also those that no zone is in.
func statesByName(members map[identity]*member) map[string]int {
	counts := make(map[string]int, states)
	for s, n := range zonesByState(members) {
		counts[state(s).String()] = n
	}
	return counts
}
