package secondaryplus

import (
	"fmt"

	"github.com/coredns/caddy"
)

// settings are what a Corefile says of the whole process, and not of some zones. Every stanza may say it, in
// whatever server block, but all that do must say the same.
type settings struct {
	status    setting[statusAt]
	transfers setting[transferLimits]
	metrics   setting[metricsMode]
}

// setting is one of them, and where it was said first.
type setting[T comparable] struct {
	value T
	where string // file:line; empty: nobody said it
}

// say takes the value that a property has in the present line of a stanza.
func (g *setting[T]) say(s *stanza, property string, value T) error {
	if g.where == "" {
		*g = setting[T]{value, fmt.Sprintf("%s:%d", s.File(), s.Line())}
	}
	if g.value != value {
		return s.Errf("'%s' is one for the whole process, and it is another one in %s", property, g.where)
	}
	return nil
}

// or is the value, or the default when nobody said one.
func (g setting[T]) or(otherwise T) T {
	if g.where == "" {
		return otherwise
	}
	return g.value
}

// settingsKey is where an instance of CoreDNS keeps its settings.
type settingsKey struct{}

// settingsOf are the settings of the Corefile that is being read.
func settingsOf(c *caddy.Controller) *settings {
	g, ok := c.Get(settingsKey{}).(*settings)
	if !ok {
		g = new(settings)
		c.Set(settingsKey{}, g)
	}
	return g
}

// apply makes the settings of a Corefile count; e.mu is locked.
func (e *engine) apply(g *settings) {
	e.limits = g.transfers.or(defaultTransfers)
	e.scheduler.Limit(e.limits.total, e.limits.perPrimary)
	e.metrics = g.metrics.or(metricsBySize)
	e.endpoint.commit(g.status.value)
}
