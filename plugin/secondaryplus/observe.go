package secondaryplus

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/refresh"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// observe is told every outcome: it counts, logs, and tells the secondaries below us.
func (e *engine) observe(z *refresh.Zone, o refresh.Outcome) {
	e.mu.Lock()
	m := e.byZone[z]
	if m != nil && o.Result != refresh.Expired {
		m.keep()
	}
	e.enqueue(m, o)
	alarm, server := e.alarm, ""
	if m != nil {
		server = m.id.server()
	}
	e.mu.Unlock()
	if m == nil {
		return // the zone was taken away meanwhile
	}
	switch o.Result {
	case refresh.Updated:
		m.nets.Drop()
		m.renewed()
	case refresh.Expired:
		m.lapsed()
	}
	m.count(o)
	m.remember(o)
	m.log(o)
	m.tellPrimaries(o)
	alarm.ended(m, server, o)
	if o.Result == refresh.Updated {
		e.tell(m, o.Fetched.Version)
	}
}

// log writes one line an outcome. What repeats is written ever more seldom, with a count.
func (m *member) log(o refresh.Outcome) {
	name := m.zone.Name()
	switch o.Result {
	case refresh.Updated:
		if found := ruled(o.Ruling); found != "" {
			log.Warningf("%s: %s; but %s%s", name, updated(o), found, afterAll(o.Errs))
		} else {
			log.Infof("%s: %s%s", name, updated(o), afterAll(o.Errs))
		}
	case refresh.Current:
		if found := ruled(o.Ruling); found != "" {
			m.repeat(log.Warningf, "%s: serial %s is current at %s; but %s", name, o.New, o.Primary, found)
		}
		log.Debugf("%s: serial %s is current at %s; due %s%s", name, o.New, o.Primary, until(o.Next), afterAll(o.Errs))
	case refresh.Expired:
		m.alarm.ends.through(log.Errorf)("%s: EXPIRED: %s; %s", name, m.reason(o), m.ended())
	case refresh.Waiting:
		m.repeat(log.Warningf, "%s: %s", name, m.reason(o))
	case refresh.Behind:
		m.repeat(log.Warningf, "%s: %s", name, m.reason(o))
	case refresh.Kept:
		if !o.Known {
			m.steady() // another version is another matter
		}
		m.repeat(log.Warningf, "%s: serial %s from %s is HELD: %s; %s", name, o.Held.Serial, o.Primary, m.reason(o), instead(o))
	case refresh.Failed:
		m.repeat(m.alarm.failures.through(log.Warningf), "%s: refresh failed%s: %s", name, m.left(o), m.reason(o))
	}
	if o.Result == refresh.Updated || o.Result == refresh.Current && len(o.Ruling.Findings) == 0 {
		m.steady()
	}
	if m.source().state == stateServing {
		m.recovered(o.Had, o.New)
	} else {
		m.notice()
	}
}

// instead says what is served while something is held.
func instead(o refresh.Outcome) string {
	switch {
	case !o.Had:
		return "nothing is served"
	case o.Held.Ruling.Lapse:
		return fmt.Sprintf("serial %s is not served any longer", o.New)
	}
	return fmt.Sprintf("serial %s goes on being served", o.New)
}

// reason says what went wrong in a refresh; empty: nothing.
func (m *member) reason(o refresh.Outcome) string {
	switch o.Result {
	case refresh.Expired:
		return fmt.Sprintf("no primary proved serial %s up to date in time (%d attempts failed)", o.Old, o.Failures)
	case refresh.Waiting:
		return fmt.Sprintf("a primary is newer than serial %s; waiting for %s, which the zone stays with", o.Old, m.zone.Report().Pinned)
	case refresh.Kept:
		return ruled(o.Ruling) + afterAll(o.Errs)
	case refresh.Behind:
		if found := ruled(o.Ruling); found != "" {
			return found + afterAll(o.Errs)
		}
		return fmt.Sprintf("every primary that answers is older than serial %s: %s%s", o.Old, m.serials(), afterAll(o.Errs))
	}
	if len(o.Errs) == 0 && o.Result != refresh.Failed {
		return ""
	}
	return joined(o.Errs)
}

// ruled is what a gate has found; empty: nothing.
func ruled(r refresh.Ruling) string {
	list := make([]string, 0, len(r.Findings)+1)
	for _, f := range r.Findings {
		list = append(list, f.String())
	}
	if r.Note != "" {
		list = append(list, r.Note)
	}
	return strings.Join(list, "; ")
}

// updated is the log's sentence for a new version.
func updated(o refresh.Outcome) string {
	f := o.Fetched
	was := ""
	if o.Had {
		was = fmt.Sprintf(" (was %s)", o.Old)
	}
	if f.How == xfr.PutBack {
		return fmt.Sprintf("serial %s%s was put back by order, and stays until 'resume' is ordered; zone has %d records", o.New, was, f.Version.Records())
	}
	return fmt.Sprintf("serial %s%s by %s from %s: %d messages, %d records, %d octets in %s; zone has %d records; due %s%s",
		o.New, was, f.How, o.Primary, f.Messages, f.Records, f.Octets, o.Took.Round(10*time.Microsecond),
		f.Version.Records(), until(o.Next), dropped(f))
}

func dropped(f xfr.Fetched) string {
	if f.Dropped == 0 {
		return ""
	}
	return fmt.Sprintf("; %d records that do not belong into the zone were dropped", f.Dropped)
}

// left says how long the zone goes on without a successful refresh.
func (m *member) left(o refresh.Outcome) string {
	if !o.Had {
		return fmt.Sprintf(" (attempt %d; the zone was never loaded), next try %s", o.Failures, until(o.Next))
	}
	if m.zone.Expired() {
		return fmt.Sprintf(" (attempt %d; the zone has expired), next try %s", o.Failures, until(o.Next))
	}
	return fmt.Sprintf(" (attempt %d; the zone expires %s), next try %s", o.Failures, until(m.zone.Lease().Expire), until(o.Next))
}

// serials are what each primary had in the last round.
func (m *member) serials() string {
	var list []string
	for _, v := range m.zone.Report().Primaries {
		if v.Err == nil {
			list = append(list, fmt.Sprintf("%s has %s", v.Addr, v.Serial))
		}
	}
	return strings.Join(list, ", ")
}

func until(t time.Time) string { return "in " + time.Until(t).Round(time.Second).String() }

func joined(errs []error) string {
	if len(errs) == 0 {
		return "no primary answered"
	}
	return oneLine(errors.Join(errs...))
}

// afterAll mentions what failed on the way to an outcome that is good all the same.
func afterAll(errs []error) string {
	if len(errs) == 0 {
		return ""
	}
	return "; before that: " + joined(errs)
}
