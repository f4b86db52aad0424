package nsfailover

import (
	"net/netip"

	"github.com/understudy-dns/understudy/plugin/alerts"
	"github.com/understudy-dns/understudy/plugin/internal/events"
	"github.com/understudy-dns/understudy/plugin/internal/health"
	"github.com/understudy-dns/understudy/plugin/internal/pool"
)

// The alerts.
const (
	alertIsolated   = "ProberIsolated"
	alertFlapping   = "TargetFlapping"
	alertFailedOver = "PoolFailedOver"
	alertAllDown    = "PoolAllDown"
)

// labelsOf are those of alerts about a member, labelsIn those about a family.
func (r *runtime) labelsOf(a netip.Addr) map[string]string {
	return map[string]string{"pool": r.id.name, "server": r.id.server, "target": a.String()}
}

func (r *runtime) labelsIn(family int) map[string]string {
	return map[string]string{"pool": r.id.name, "server": r.id.server, "family": families[family]}
}

// fire has the alert fire that says where the addresses of a family come from.
func (r *runtime) fire(family int, t pool.Tier) {
	switch t {
	case pool.Backup:
		alerts.Fire(events.Alert{Name: alertFailedOver, Severity: events.Warning, Labels: r.labelsIn(family), Summary: "A pool is answered with the addresses of its backups"})
	case pool.Down:
		alerts.Fire(events.Alert{Name: alertAllDown, Severity: events.Critical, Labels: r.labelsIn(family), Summary: "No address of a pool works"})
	}
}

// flapping has the alert fire and end that a target goes up and down.
func flapping(e health.Effect, labels map[string]string) {
	if e.To == health.Damped {
		fireFlapping(labels)
	} else if e.From == health.Damped {
		alerts.Resolve(alertFlapping, labels)
	}
}

// alarmFlapping has the alert fire or end by what is so now.
func alarmFlapping(is bool, labels map[string]string) {
	if is {
		fireFlapping(labels)
	} else {
		alerts.Resolve(alertFlapping, labels)
	}
}

func fireFlapping(labels map[string]string) {
	alerts.Fire(events.Alert{Name: alertFlapping, Severity: events.Warning, Labels: labels, Summary: "A target goes up and down, and is not used until it is steady"})
}
