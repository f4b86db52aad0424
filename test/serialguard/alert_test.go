package serialguard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

// An inbox is an HTTP server that keeps what is posted to it.
type inbox struct {
	*httptest.Server
	mu    sync.Mutex
	posts []string // path and body
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := new(inbox)
	in.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var document any
		if err := json.NewDecoder(r.Body).Decode(&document); err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		text, err := json.Marshal(document) // in order of the names
		if err != nil {
			t.Error(err)
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.posts = append(in.posts, r.URL.Path+" "+string(text))
	}))
	t.Cleanup(in.Close)
	return in
}

// want waits for a post that has all of the texts.
func (in *inbox) want(t *testing.T, texts ...string) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("a post with %q", texts), func() error {
		in.mu.Lock()
		defer in.mu.Unlock()
	posts:
		for _, post := range in.posts {
			for _, text := range texts {
				if !strings.Contains(post, text) {
					continue posts
				}
			}
			return nil
		}
		return fmt.Errorf("%d others: %q", len(in.posts), in.posts)
	})
}

// What is held is told, with what would let it through, and that it is over.
func TestWhatIsHeldIsReported(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	p, s := start(t, calm(1, 50), "mode enforce", "report webhook "+in.URL+"/hook", "report alertmanager "+in.URL)
	publish(t, p, s, calm(2, 0))
	digest := wantHeld(t, s, 2, 1, "deletes", "")
	in.want(t, "/hook ", `"alert":"CandidateHeld"`, `"state":"firing"`, `"zone":"example.org."`, `"serial":"2"`, `"serving":"1"`, digest, "deletes 50 of 52 names")
	in.want(t, "/api/v2/alerts ", `"alertname":"CandidateHeld"`, `"zone":"example.org."`, digest)
	s.WaitMetricThat(t, "metrics", "coredns_understudy_alerts_total", "≥ 1", func(v float64) bool { return v >= 1 },
		"sink=webhook "+in.URL, "result=sent")
	publish(t, p, s, calm(3, 50))
	ask.WaitSerial(t, s.Addr(), zone, 3)
	in.want(t, "/hook ", `"alert":"CandidateHeld"`, `"state":"resolved"`, `"endsAt"`)
}

func TestPrimariesThatDifferAreReported(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	a, b := real(t, peer.Knot, calm(5, 20)), real(t, peer.Named, calm(5, 20))
	s := startReal(t, 5, []*peer.Server{a, b}, "mode enforce", "audit 1s", "report webhook "+in.URL)
	load(t, b, s, 5, calm(5, 25))
	in.want(t, `"alert":"PrimariesDisagree"`, `"severity":"critical"`, `"state":"firing"`, b.Addr())
	load(t, b, s, 5, calm(5, 20))
	in.want(t, `"alert":"PrimariesDisagree"`, `"state":"resolved"`)
}

// A sink that is not there is told of, and holds up nothing.
func TestASinkThatIsNotThereHoldsUpNothing(t *testing.T) {
	t.Parallel()
	p, s := start(t, calm(1, 50), "mode enforce", "report webhook http://127.0.0.1:1/secret")
	publish(t, p, s, calm(2, 0))
	wantHeld(t, s, 2, 1, "deletes", "")
	publish(t, p, s, calm(3, 50))
	ask.WaitSerial(t, s.Addr(), zone, 3)
	if strings.Contains(s.Log(), "secret") {
		t.Error("the path of the sink is in the log")
	}
}

// count is the number of posts that have a text.
func (in *inbox) count(text string) (n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, post := range in.posts {
		if strings.Contains(post, text) {
			n++
		}
	}
	return n
}
