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
	now, since time.Time // since when something is held
	still      time.Time // since when it is the content, or ones before it
	serial     serial.Serial
	digest     string     // empty: the content is not known
	approvals  []approval // by order
	confirmed  bool       // a primary has just given it
	expire     time.Duration
	// before and after are the statistics of what is served and of what is held; nil: they are not known, or it is known
	// that it does not validate.
	before, after *guard.Statistics
}

// A decision says whether something held is published.
type decision struct {
	released string    // why; empty: it is not
	how      string    // a word for the metric
	again    time.Time // when that may change by itself; zero: it does not
	until    time.Time // when the waiting ends, one way or the other; zero: not by itself
	lapse    bool      // what is served is not to be served any more
}

// decide is pure.
func (t *terms) decide(s state) decision {
	if a := (approval{s.serial, s.digest}); s.digest != "" && (slices.Contains(t.approvals, a) || slices.Contains(s.approvals, a)) {
		return decision{released: "approved by its digest", how: "approved"}
	}
	for _, w := range t.windows {
		if w.open(s.now) {
			return decision{released: fmt.Sprintf("the window from %s on is open", w.from.Format(time.RFC3339)), how: "window"}
		}
	}
	var d decision
	for _, m := range t.moments(s) {
		reached := !m.at.After(s.now)
		switch {
		case reached && m.how != "":
			return decision{released: m.why, how: m.how}
		case reached:
			d.lapse = t.then == servfail
		case m.how != "" || t.then == servfail:
			d.again = sooner(d.again, m.at)
		}
		d.until = sooner(d.until, m.at)
	}
	for _, w := range t.windows {
		if w.from.After(s.now) {
			d.again = sooner(d.again, w.from)
		}
	}
	return d
}

// sooner is the first of two moments, of which the zero one is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// A moment is one from which on something held is published, or, without how, not waited for any more.
type moment struct {
	at       time.Time
	why, how string
}

func (t *terms) moments(s state) (list []moment) {
	if t.release > 0 && s.confirmed {
		list = append(list, moment{s.still.Add(t.release), fmt.Sprintf("it is still there after %s", t.release), "auto"})
	}
	longest := t.held(s.expire)
	end := moment{at: s.since.Add(longest)}
	if t.then == release {
		end.why, end.how = fmt.Sprintf("held for %s, which is the most", longest), "hold_max"
	}
	list = append(list, end)
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
