package serialguard

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/guard"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
)

// state is what the terms look at.
type state struct {
	now, since time.Time // since when the content is held
	serial     serial.Serial
	digest     string
	confirmed  bool          // a primary has just given it
	expire     time.Duration // of the SOA that is served
	// before and after are the statistics of what is served and of what is held.
	before, after *guard.Statistics
}

// A decision says whether something held is published.
type decision struct {
	released string    // why; empty: it is not
	how      string    // a word for the metric
	again    time.Time // when that may change by itself; zero: it does not
}

// decide is pure.
func (t *terms) decide(s state) decision {
	if slices.Contains(t.approvals, approval{s.serial, s.digest}) {
		return decision{released: "approved by its digest", how: "approved"}
	}
	for _, w := range t.windows {
		if w.open(s.now) {
			return decision{released: fmt.Sprintf("the window from %s on is open", w.from.Format(time.RFC3339)), how: "window"}
		}
	}
	var d decision
	for _, moment := range t.moments(s) {
		if !moment.at.After(s.now) {
			return decision{released: moment.why, how: moment.how}
		}
		if d.again.IsZero() || moment.at.Before(d.again) {
			d.again = moment.at
		}
	}
	for _, w := range t.windows {
		if w.from.After(s.now) && (d.again.IsZero() || w.from.Before(d.again)) {
			d.again = w.from
		}
	}
	return d
}

// A moment is one from which on something held is published.
type moment struct {
	at       time.Time
	why, how string
}

func (t *terms) moments(s state) (list []moment) {
	if t.release > 0 && s.confirmed {
		list = append(list, moment{s.since.Add(t.release), fmt.Sprintf("it is still there after %s", t.release), "auto"})
	}
	if t.publish {
		longest := t.held(s.expire)
		list = append(list, moment{s.since.Add(longest), fmt.Sprintf("held for %s, which is the most", longest), "hold_max"})
	}
	if until, ok := s.before.SignedUntil(s.now); ok {
		if better, signed := s.after.SignedUntil(s.now); signed && better.After(until) {
			list = append(list, moment{until.Add(-t.signed), fmt.Sprintf("signatures of what is served expire at %s", until.UTC().Format(time.RFC3339)), "signatures"})
		}
	}
	return list
}

// held is how long something is held at the most.
func (t *terms) held(expire time.Duration) time.Duration {
	longest := t.longest
	if longest == 0 {
		longest = defaultLongest
	}
	if expire > 0 {
		longest = min(longest, expire/2)
	}
	return longest
}
