package events

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// request is one that a server has got.
type request struct {
	method, path, agent, kind, user string
	body                            string
}

// server is a real one on loopback. It passes on what it gets, and then answers as it is told.
func server(t *testing.T, answer http.HandlerFunc) (url string, got chan request) {
	t.Helper()
	got = make(chan request, 16)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		got <- request{
			r.Method, r.URL.String(), r.UserAgent(), r.Header.Get("Content-Type"), user + ":" + password,
			strings.TrimSpace(string(body)),
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

func fine(http.ResponseWriter, *http.Request) {}

// hubTo is a Hub with sinks, and what became of alerts there.
func hubTo(t *testing.T, sinks ...Sink) (*Hub, chan Outcome) {
	t.Helper()
	outcomes := make(chan Outcome, 16)
	h := NewHub(func(o Outcome) { outcomes <- o })
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		h.Close(ctx)
	})
	h.Configure(sinks)
	return h, outcomes
}

// next waits for something.
func next[T any](t *testing.T, from chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing has come")
	}
	return v
}

func TestWhatAWebhookIsSent(t *testing.T) {
	url, got := server(t, fine)
	url = strings.Replace(url, "http://", "http://user:secret@", 1)
	h, _ := hubTo(t, Webhook(mustParse(t, url+"/hook?x=1")))
	h.Fire(held("ab12"))
	want := request{"POST", "/hook?x=1", "understudy", "application/json", "user:secret", goldenFiring}
	if r := next(t, got); r != want {
		t.Errorf("%+v", r)
	}
	h.Resolve("CandidateHeld", map[string]string{"zone": "example.org."}, noon.Add(30*time.Minute+500*time.Millisecond))
	if r := next(t, got); r.body != goldenResolved {
		t.Errorf("%+v", r)
	}
}

func TestWhatAnAlertmanagerIsSent(t *testing.T) {
	url, got := server(t, fine)
	h, outcomes := hubTo(t, Alertmanager(mustParse(t, url+"/prefix/")))
	h.Fire(held("ab12"))
	r := next(t, got)
	head, _, _ := strings.Cut(goldenList, `"endsAt"`)
	if r.method != "POST" || r.path != "/prefix/api/v2/alerts" || r.kind != "application/json" || !strings.HasPrefix(r.body, head) {
		t.Errorf("%+v", r)
	}
	if o := next(t, outcomes); o.Result != Sent || o.Alerts != 1 || o.Err != nil {
		t.Errorf("%+v", o)
	}
}

func TestAServerThatHangsDelaysNobody(t *testing.T) {
	release := make(chan struct{})
	hung, asked := server(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	good, got := server(t, fine)
	h, outcomes := hubTo(t, Webhook(mustParse(t, hung)), Alertmanager(mustParse(t, hung)), Webhook(mustParse(t, good)))
	begun := time.Now()
	h.Fire(held("1"))
	next(t, asked)
	next(t, asked)
	h.Fire(held("2"))
	next(t, got)
	next(t, got)
	if took := time.Since(begun); took > postWait {
		t.Errorf("it took %s", took)
	}
	for {
		if o := next(t, outcomes); o.Result == Failed {
			if !errors.Is(o.Err, context.DeadlineExceeded) {
				t.Error(o.Err)
			}
			return
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere, strayed := server(t, fine)
	for _, code := range []int{301, 302, 303, 307, 308} {
		url, got := server(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, strings.Replace(elsewhere, "http://", "http://u:p@", 1)+"/secret", code)
		})
		sink := Webhook(mustParse(t, url))
		err := post(t.Context(), newClient(newTransport()), sink, []byte("{}"))
		want := `to the host "` + strings.TrimPrefix(elsewhere, "http://") + `": redirects are not followed`
		if err == nil || !strings.HasSuffix(err.Error(), want) || fateOf(err) != undelivered {
			t.Errorf("%d: %v", code, err)
		}
		next(t, got)
	}
	if len(strayed) != 0 {
		t.Errorf("followed: %+v", <-strayed)
	}
}

func TestWhatIsReadIsBounded(t *testing.T) {
	var once sync.Once
	ended := make(chan struct{})
	url, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		for {
			if _, err := w.Write([]byte(strings.Repeat("no ", 1000))); err != nil {
				once.Do(func() { close(ended) })
				return
			}
		}
	})
	begun := time.Now()
	err := post(t.Context(), newClient(newTransport()), Alertmanager(mustParse(t, url)), []byte("[]"))
	if took := time.Since(begun); took > postWait/2 {
		t.Errorf("it was read for %s", took)
	}
	if err == nil || len(err.Error()) > quotedAnswer+100 || !strings.HasPrefix(err.Error(), `answered 400 Bad Request "no no`) {
		t.Error(err)
	}
	next(t, ended)
}

func TestConnectionsAreKeptUntilTheEnd(t *testing.T) {
	states := make(chan http.ConnState, 16)
	s := httptest.NewUnstartedServer(http.HandlerFunc(fine))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) { states <- state }
	s.Start()
	defer s.Close()
	h, outcomes := hubTo(t, Webhook(mustParse(t, s.URL)))
	h.Fire(held("1"))
	next(t, outcomes)
	h.Fire(held("2"))
	next(t, outcomes)
	h.Close(t.Context())
	for _, want := range []http.ConnState{
		http.StateNew, http.StateActive, http.StateIdle, http.StateActive, http.StateIdle, http.StateClosed,
	} {
		if got := next(t, states); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestErrorsShowNoSecrets has everything go wrong with a URL full of them.
func TestErrorsShowNoSecrets(t *testing.T) {
	echo, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "cannot POST "+r.URL.String(), http.StatusNotFound)
	})
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for _, url := range []string{echo, closed.URL, "http://unknown.invalid", strings.Replace(echo, "http:", "https:", 1)} {
		url = strings.Replace(url, "//", "//secret:secret@", 1) + "/secret?secret=secret"
		err := post(t.Context(), newClient(newTransport()), Webhook(mustParse(t, url)), []byte("{}"))
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}

func TestWhatMayBeTriedAgain(t *testing.T) {
	for code, want := range map[int]fate{
		200: delivered, 204: delivered, 301: undelivered, 400: refused, 401: undelivered, 404: undelivered,
		408: undelivered, 413: refused, 422: refused, 429: undelivered, 500: undelivered, 503: undelivered,
	} {
		url, _ := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
		err := post(t.Context(), newClient(newTransport()), Webhook(mustParse(t, url)), []byte("{}"))
		if got := fateOf(err); got != want {
			t.Errorf("%d: %d, %v", code, got, err)
		}
	}
}
