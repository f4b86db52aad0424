package secondaryplus

import (
	"fmt"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/events"
)

// concern is what may be wrong with a zone, and somebody is to be told.
type concern uint8

// The concerns.
const (
	transferFailing concern = iota
	zoneExpiring
	zoneStale
	zoneExpired
	concerns
)

// alertNames are what they are called in alerts.
var alertNames = [concerns]string{"TransferFailing", "ZoneExpiring", "ZoneStale", "ZoneExpired"}

// grades are how bad each of them is; empty: nothing is wrong.
type grades [concerns]events.Severity

// failingWait is how long refreshes of a zone fail before that is an alert, if a tenth of EXPIRE is not less. A primary
// that is started anew is back before.
const failingWait = 5 * time.Minute

// circumstances are what the concerns about a zone follow from.
type circumstances struct {
	state   state
	failing time.Time     // since when no refresh has succeeded that should have; zero: the last one has
	end     time.Time     // of the lease; zero: the zone was never loaded
	full    time.Duration // how long a lease is
	over    time.Time     // when the data of a zone that is stale are not used any more
	lapsed  bool          // a hold has lasted too long: the lease is about to end
}

// concerned says what is wrong at a moment, and when that may change though nothing happens; zero: never.
func (c circumstances) concerned(now time.Time) (g grades, next time.Time) {
	when := func(at time.Time) bool {
		if now.Before(at) && (next.IsZero() || at.Before(next)) {
			next = at
		}
		return !now.Before(at)
	}
	if c.end.IsZero() {
		if !c.failing.IsZero() && when(c.failing.Add(readyWait)) {
			g[transferFailing] = events.Critical // there is nothing of the zone, but for a fallback file
		}
		return g, next
	}
	switch c.state {
	case stateExpired:
		g[zoneExpired] = events.Critical
	case stateStale, stateFallback:
		g[zoneStale] = events.Critical
		if c.state == stateStale {
			when(c.over)
		}
	case stateServing:
		g[zoneExpiring] = c.expiring(when)
	}
	if !c.failing.IsZero() && when(c.failing.Add(min(failingWait, c.full/10))) {
		g[transferFailing] = events.Warning
	}
	return g, next
}

// expiring is how bad it is that the lease of a zone that is served comes to its end.
func (c circumstances) expiring(when func(time.Time) bool) (how events.Severity) {
	if when(c.end) || c.lapsed {
		return "" // it is about to be expired
	}
	if when(c.end.Add(-c.full / 2)) {
		how = events.Warning
	}
	if when(c.end.Add(-c.full / 5)) {
		how = events.Critical
	}
	return how
}

// circumstances are those of a zone of which no refresh has succeeded since the given time.
func (m *member) circumstances(failing time.Time) circumstances {
	c := circumstances{state: m.source().state, failing: failing, end: m.zone.Lease().Expire}
	if v := m.zone.Current(); v != nil {
		soa := v.SOA()
		_, _, c.full = m.zone.Config().Clamps.Of(&soa)
	}
	if c.state == stateStale {
		c.over = m.staleUntil()
	}
	if h := m.zone.Held(); h != nil {
		c.lapsed = h.Ruling.Lapse
	}
	return c
}

// alert is what is told of a concern. reason is why refreshes fail.
func (m *member) alert(c concern, how events.Severity, server, reason string) events.Alert {
	a := events.Alert{
		Name: alertNames[c], Severity: how, Labels: alertLabels(m, server), Summary: m.sentence(c, how),
		Details: map[string]string{"reason": reason},
	}
	if v := m.zone.Current(); v != nil {
		lease := m.zone.Lease()
		a.Details["serial"] = v.Serial().String()
		a.Details["refreshed"], a.Details["expires"] = moment(lease.Refreshed), moment(lease.Expire)
	}
	return a
}

func alertLabels(m *member, server string) map[string]string {
	return map[string]string{"zone": m.zone.Name(), "server": server}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// sentence is the summary. It does not change while the alert fires and the zone is answered in the same way.
func (m *member) sentence(c concern, how events.Severity) string {
	name := m.zone.Name()
	switch {
	case c == transferFailing && m.zone.Current() == nil:
		return fmt.Sprintf("%s was never transferred; %s", name, m.manner(m.source().state))
	case c == transferFailing:
		return fmt.Sprintf("Refreshes of %s fail; it is answered as it was transferred last", name)
	case c == zoneExpiring:
		return fmt.Sprintf("%s %s: %s", name, expiry(how), m.whyItExpires())
	}
	return fmt.Sprintf("%s has expired, and %s", name, m.manner(m.source().state))
}

// expiry says how much of EXPIRE is over.
func expiry(how events.Severity) string {
	if how == events.Critical {
		return "expires soon, less than a fifth of EXPIRE is left"
	}
	return "expires when the other half of EXPIRE is over"
}

// whyItExpires tells a lease that nobody renews from one that a primary granted which is itself a secondary (RFC 7314).
func (m *member) whyItExpires() string {
	lease, full := m.zone.Lease(), m.circumstances(time.Time{}).full
	if lease.Failures == 0 && lease.Refreshed.Add(full).After(lease.Expire.Add(time.Second)) {
		return "its primary is a secondary whose own lease ends then"
	}
	return "no primary has proved it up to date"
}
