package events

import (
	"net/url"
	"strings"
	"time"
)

// Sink is who is told. Sinks are equal if they are the same: a Sink is a key of a map. The zero Sink is none.
type Sink struct {
	kind kind
	url  string // with what must not be shown
	host string
}

type kind string

const (
	webhook      kind = "webhook"
	alertmanager kind = "alertmanager"
)

const alertsPath = "/api/v2/alerts"

// Webhook is a sink that is sent a document for every transition; u is one that ParseURL returned.
func Webhook(u *url.URL) Sink { return newSink(webhook, u) }

// Alertmanager is a sink that speaks version 2 of the API of Alertmanager; u is one that ParseURL returned, with the
// path of the API or without it.
func Alertmanager(u *url.URL) Sink {
	path := strings.TrimRight(u.EscapedPath(), "/")
	if !strings.HasSuffix(path, alertsPath) {
		return newSink(alertmanager, u.JoinPath(alertsPath))
	}
	same := *u
	same.Path, same.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return newSink(alertmanager, &same)
}

func newSink(k kind, u *url.URL) Sink {
	return Sink{k, u.String(), u.Scheme + "://" + u.Host}
}

// String is what the sink may be called in logs and metrics: what it is, and its host. The rest of its URL is left
// out, as many services have a secret in the path or the query. So two sinks may be called the same.
func (s Sink) String() string { return string(s.kind) + " " + s.host }

// GoString is that of String: no way to print a Sink shows its secrets.
func (s Sink) GoString() string { return s.String() }

// Result is what became of alerts.
type Result string

// The results.
const (
	Sent    Result = "sent"
	Failed  Result = "failed"
	Dropped Result = "dropped"
)

// Outcome is what became of alerts at one sink.
//
//   - Sent: the sink took them, in one POST. An Alertmanager is sent them every minute, and so it is told.
//   - Failed: they were not taken. An Alertmanager is sent them again sooner or later, a webhook is not: several tries
//     failed, or it refused the document.
//   - Dropped: they were not sent, and the sink is not owed them any more.
type Outcome struct {
	Sink   Sink
	Result Result
	Alerts int   // how many
	Err    error // why not; nil if they were sent. Of the URL it shows the host at most.
}

// Every sink is asked in the same way.
const (
	postWait   = 3 * time.Second
	resendWait = time.Minute
	// lifetime is how long an Alertmanager believes that an alert fires: three POSTs in a row may be lost.
	lifetime = 4 * resendWait
)
