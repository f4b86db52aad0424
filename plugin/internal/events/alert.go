package events

import (
	"encoding/binary"
	"slices"
	"time"
)

// Severity is how bad it is.
type Severity string

// The severities.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Alert is something that is wrong. It is identified by its name and its labels: fired with other words or another
// severity, it is the same alert, of which something new is to be told.
//
// Texts that are too long are cut, and octets that are no UTF-8 replaced. Names of labels and details are made names
// as Prometheus has them, [a-zA-Z_][a-zA-Z0-9_]*; what has no value is left out.
type Alert struct {
	Name     string   // such as CandidateHeld
	Severity Severity // empty: a Warning
	// Labels say what it is about: the zone, the pool. The names alertname and severity are taken.
	Labels map[string]string
	// Summary is one sentence. Neither it nor the Details may change while nothing happens, by an age for example:
	// all that changes is told.
	Summary string
	// Details are more to read: the serial, the digest, the reason. The name summary is taken.
	Details map[string]string
	// StartsAt is since when. Zero, or in the future: now. Only the first counts of an alert that fires already.
	StartsAt time.Time
}

// event is an alert as it is remembered and sent. It never changes.
type event struct {
	name, severity, summary string
	labels, details         []pair
	starts                  time.Time
	ends                    time.Time // zero: it fires
}

// pair is a label or a detail. Lists of them are sorted by name, and a name is there once.
type pair struct{ name, value string }

func (e *event) firing() bool { return e.ends.IsZero() }

// sameWords says that there is nothing to tell of e to who was told of o, an event of the same alert.
func (e *event) sameWords(o *event) bool {
	return e.severity == o.severity && e.summary == o.summary && slices.Equal(e.details, o.details)
}

// resolved is the end of an alert that fires.
func (e *event) resolved(at time.Time) *event {
	end := *e
	end.ends = at
	if at.Before(e.starts) {
		end.ends = e.starts // Alertmanager refuses others
	}
	return &end
}

// overhead is about what is allocated for an event besides its texts, in octets.
const overhead = 512

// weight is how many octets an event takes.
func (e *event) weight() int {
	n := overhead + len(e.name) + len(e.severity) + len(e.summary)
	for _, list := range [][]pair{e.labels, e.details} {
		for _, p := range list {
			n += len(p.name) + len(p.value)
		}
	}
	return n
}

// identity is the same for the same alert, and only then.
func identity(name string, labels []pair) string {
	var id []byte
	add := func(text string) {
		id = binary.AppendUvarint(id, uint64(len(text))) // no separator is safe: a text may contain anything
		id = append(id, text...)
	}
	add(name)
	for _, p := range labels {
		add(p.name)
		add(p.value)
	}
	return string(id)
}
