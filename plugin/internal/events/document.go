package events

import (
	"bytes"
	"encoding/json"
	"time"
)

// documentVersion is that of the document that webhooks are sent. It changes if a receiver that ignores what it does
// not know could misunderstand a new one.
const documentVersion = 1

// transition is the document that a webhook is sent.
type transition struct {
	Version  int               `json:"version"`
	Alert    string            `json:"alert"`
	State    string            `json:"state"` // firing, also if it did and the words changed; or resolved
	Severity string            `json:"severity"`
	Labels   map[string]string `json:"labels"` // with alert, they identify it
	Summary  string            `json:"summary"`
	Details  map[string]string `json:"details"`
	StartsAt time.Time         `json:"startsAt"` // RFC 3339, in UTC, to the millisecond
	EndsAt   time.Time         `json:"endsAt,omitzero"`
}

// encodeTransition makes the document of an event.
func encodeTransition(e *event) []byte {
	state := "firing"
	if !e.firing() {
		state = "resolved"
	}
	return encode(transition{
		Version:  documentVersion,
		Alert:    e.name,
		State:    state,
		Severity: e.severity,
		Labels:   object(e.labels),
		Summary:  e.summary,
		Details:  object(e.details),
		StartsAt: e.starts,
		EndsAt:   e.ends,
	})
}

// posted is an alert as Alertmanager has it.
type posted struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
}

// encodeStates makes the list that an Alertmanager is sent. What fires will have ended after its lifetime, unless it
// is sent again.
func encodeStates(batch []*event, now time.Time) []byte {
	list := make([]posted, 0, len(batch))
	for _, e := range batch {
		p := posted{object(e.labels), object(e.details), e.starts, e.ends}
		p.Labels["alertname"], p.Labels["severity"] = e.name, e.severity
		p.Annotations["summary"] = e.summary
		if e.firing() {
			p.EndsAt = moment(now, now).Add(lifetime)
		}
		list = append(list, p)
	}
	return encode(list)
}

func object(list []pair) map[string]string {
	m := make(map[string]string, len(list)+2)
	for _, p := range list {
		m[p.name] = p.value
	}
	return m
}

func encode(document any) []byte {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // it is no part of a page
	_ = e.Encode(document) // strings, and moments of this age
	return text.Bytes()
}
