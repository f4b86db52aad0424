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
	var downward []*downward
	if m != nil && o.Result == refresh.Updated {
		for p := range m.holders {
			if p.downward != nil {
				downward = append(downward, p.downward)
			}
		}
	}
	e.enqueue(m, o)
	e.mu.Unlock()
	if m == nil {
		return // the zone was taken away meanwhile
	}
	m.count(o)
	m.log(o)
	for _, d := range downward {
		d.published(z.Name())
	}
}

// log writes one line an outcome. What repeats is written ever more seldom, with a count.
func (m *member) log(o refresh.Outcome) {
	name := m.zone.Name()
	switch o.Result {
	case refresh.Updated:
		log.Infof("%s: %s%s", name, updated(o), afterAll(o.Errs))
	case refresh.Current:
		log.Debugf("%s: serial %s is current at %s; due %s%s", name, o.New, o.Primary, until(o.Next), afterAll(o.Errs))
	case refresh.Expired:
		log.Errorf("%s: EXPIRED: no primary proved serial %s up to date in time (%d attempts failed); queries are answered SERVFAIL", name, o.Old, o.Failures)
	case refresh.Waiting:
		m.repeat(log.Warningf, "%s: a primary is newer than serial %s; waiting for %s, which the zone stays with", name, o.Old, m.zone.Report().Pinned)
	case refresh.Behind:
		m.repeat(log.Warningf, "%s: every primary that answers is older than serial %s: %s%s", name, o.Old, m.serials(), afterAll(o.Errs))
	case refresh.Failed:
		m.repeat(log.Warningf, "%s: refresh failed%s: %s", name, m.left(o), joined(o.Errs))
	}
	if o.Result == refresh.Updated || o.Result == refresh.Current {
		m.recovered(o)
	}
}

// updated is the log's sentence for a new version.
func updated(o refresh.Outcome) string {
	f := o.Fetched
	was := ""
	if o.Had {
		was = fmt.Sprintf(" (was %s)", o.Old)
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

// recovered tells what it had cost that a zone could not be answered from.
func (m *member) recovered(o refresh.Outcome) {
	m.outcomes.reset()
	n := m.unansweredQueries.Load() - m.unansweredTold
	if n == 0 {
		return
	}
	m.unansweredTold += n
	again := ""
	if o.Had {
		again = " again"
	}
	log.Infof("%s: answers%s, with serial %s; queries answered SERVFAIL until then: %d", m.zone.Name(), again, o.New, n)
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
	return errors.Join(errs...).Error()
}

// afterAll mentions what failed on the way to an outcome that is good all the same.
func afterAll(errs []error) string {
	if len(errs) == 0 {
		return ""
	}
	return "; before that: " + joined(errs)
}
