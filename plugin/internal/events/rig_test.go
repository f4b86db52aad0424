package events

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// rig is a Hub on a fake clock, whose sinks do as they are told. There is no network.
type rig struct {
	*testing.T
	hub   *Hub
	begun time.Time

	mu       sync.Mutex
	answers  map[string]func(*http.Request) int // by host; 0: no answer, ever
	posts    []string
	sizes    []int // of lists
	outcomes []string
}

func scenario(t *testing.T, sentence string, run func(r *rig)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			r := &rig{T: t, begun: time.Now(), answers: map[string]func(*http.Request) int{}}
			r.hub = newHub(r.observe, func() http.RoundTripper { return r })
			// One that is over already: what is left is not sent.
			over, cancel := context.WithCancel(context.Background())
			cancel()
			defer r.hub.Close(over)
			run(r)
		})
	})
}

func (r *rig) observe(o Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := fmt.Sprintf("%s: %d %s", o.Sink, o.Alerts, o.Result)
	if o.Err != nil {
		text += ": " + o.Err.Error()
	}
	r.outcomes = append(r.outcomes, text)
}

// RoundTrip takes a POST and notes it as "host: events at time".
func (r *rig) RoundTrip(q *http.Request) (*http.Response, error) {
	text, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	words, size := r.read(q, text)
	r.posts = append(r.posts, fmt.Sprintf("%s: %s at %s", q.URL.Host, words, time.Since(r.begun)))
	r.sizes = append(r.sizes, size)
	answer := r.answers[q.URL.Host]
	r.mu.Unlock()
	code := http.StatusOK
	if answer != nil {
		code = answer(q)
	}
	if code == 0 {
		<-q.Context().Done()
		return nil, q.Context().Err()
	}
	w := httptest.NewRecorder()
	w.WriteHeader(code)
	return w.Result(), nil
}

// read makes "zone=summary", or "zone.summary" of what has ended, of a document.
func (r *rig) read(q *http.Request, text []byte) (words string, size int) {
	if q.URL.Path != alertsPath {
		var d transition
		if err := json.Unmarshal(text, &d); err != nil {
			r.Error(err)
		}
		return word(d.Labels, d.Summary, d.State == "firing"), 1
	}
	var list []posted
	if err := json.Unmarshal(text, &list); err != nil {
		r.Error(err)
	}
	var all []string
	for _, p := range list[:min(len(list), 4)] {
		all = append(all, word(p.Labels, p.Annotations["summary"], p.EndsAt.After(time.Now())))
	}
	return strings.Join(all, " "), len(list)
}

func word(labels map[string]string, summary string, firing bool) string {
	if firing {
		return labels["zone"] + "=" + summary
	}
	return labels["zone"] + "." + summary
}

// says sets how a host answers.
func (r *rig) says(host string, code int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[host] = func(*http.Request) int { return code }
}

func (r *rig) hook(host string) Sink    { return Webhook(mustParse(r, "http://"+host)) }
func (r *rig) manager(host string) Sink { return Alertmanager(mustParse(r, "http://"+host)) }

// after lets time pass, and then all that is to happen at that moment.
func (r *rig) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (r *rig) fires(zone, summary string) {
	r.hub.Fire(alert(zone, summary))
	synctest.Wait()
}

func (r *rig) ends(zone string) {
	r.hub.Resolve("A", map[string]string{"zone": zone}, time.Time{})
	synctest.Wait()
}

// forget drops what was seen until now.
func (r *rig) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posts, r.sizes, r.outcomes = nil, nil, nil
}

// saw compares the POSTs since the last time with a list, in whatever order.
func (r *rig) saw(want ...string) {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.same("sent", r.posts, want)
	r.posts, r.sizes = nil, nil
}

// told compares the outcomes since the last time with a list, in whatever order.
func (r *rig) told(want ...string) {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.same("told", r.outcomes, want)
	r.outcomes = nil
}

func (r *rig) same(what string, got, want []string) {
	r.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		r.Errorf("%s\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
