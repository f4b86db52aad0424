package alerts

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/understudy-dns/understudy/plugin/internal/events"
)

// Two instances share the hub: what fires goes to the sinks of both, and the end of the last one waits for it.
func TestSharedByInstances(t *testing.T) {
	posts := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		posts <- r.URL.Path + string(text)
	}))
	defer server.Close()
	hook := func(path string) []events.Sink {
		u, err := events.ParseURL(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		return []events.Sink{events.Webhook(u)}
	}
	Fire(events.Alert{Name: "Early"}) // nobody is there
	Attach(1, hook("/one"))
	Attach(2, hook("/two"))
	Fire(events.Alert{Name: "Both"})
	paths := <-posts + <-posts
	if !strings.Contains(paths, "/one") || !strings.Contains(paths, "/two") || strings.Contains(paths, "Early") {
		t.Error(paths)
	}
	Detach(1)
	Detach(1)
	Fire(events.Alert{Name: "Last"})
	Detach(2)
	select {
	case post := <-posts:
		if !strings.HasPrefix(post, "/two") || !strings.Contains(post, "Last") {
			t.Error(post)
		}
	default:
		t.Error("the end did not wait")
	}
	// The answer to the first may come too late for an instance that leaves.
	var m dto.Metric
	if err := Sent.WithLabelValues("webhook "+server.URL, "sent").Write(&m); err != nil || m.GetCounter().GetValue() < 2 {
		t.Errorf("%v were counted, %v", m.GetCounter(), err)
	}
	if process.current() != nil {
		t.Error("the hub is still there")
	}
}
