package status

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// fake has the zones that it is given, and a name for each state.
type fake struct {
	zones  []Zone
	orders []Order
	done   Done
	err    error
	wait   func(context.Context) error
}

func (f *fake) Summary() Summary {
	return Summary{Zones: map[string]int{"serving": len(f.zones), "expired": 0}}
}

func (f *fake) IDs() (ids []ID) {
	for _, z := range f.zones {
		ids = append(ids, z.ID)
	}
	return ids
}

func (f *fake) Named(name string) (ids []ID) {
	for _, z := range f.zones {
		if z.ID.Zone == name {
			ids = append(ids, z.ID)
		}
	}
	return ids
}

func (f *fake) Zone(id ID) (Zone, bool) {
	for _, z := range f.zones {
		if z.ID == id {
			return z, true
		}
	}
	return Zone{}, false
}

func (f *fake) Do(ctx context.Context, o Order) (Done, error) {
	f.orders = append(f.orders, o)
	if o.Wait && f.wait != nil {
		return Done{}, f.wait(ctx)
	}
	d := f.done
	d.ID, d.Action = o.ID, o.Action
	return d, f.err
}

func (f *fake) RefreshAll() int { return len(f.zones) }

func zoneOf(name, server, view, state string) Zone {
	return Zone{ID: ID{Zone: name, Server: server, View: view}, State: state}
}

// request is one, with headers as "Name: value".
type request struct {
	method, target string
	headers        []string
	body           string
}

// ask has a handler answer a request.
func ask(source Source, a Access, r request) *httptest.ResponseRecorder {
	h := &handler{source: source, access: new(atomic.Pointer[Access])}
	h.access.Store(&a)
	in := httptest.NewRequest(r.method, "http://127.0.0.1:8053"+r.target, strings.NewReader(r.body))
	for _, header := range r.headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			in.Host = value
			continue
		}
		in.Header.Add(name, value)
	}
	out := httptest.NewRecorder()
	h.ServeHTTP(out, in)
	return out
}

// want compares the code, and looks for a part of the body.
func want(t *testing.T, what string, got *httptest.ResponseRecorder, code int, part string) {
	t.Helper()
	if got.Code != code || !strings.Contains(got.Body.String(), part) {
		t.Errorf("%s: %d %s", what, got.Code, got.Body)
	}
	if got.Header().Get("Cache-Control") != "no-store" || got.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%s: headers %v", what, got.Header())
	}
}

// get reads a document over the network.
func get(ctx context.Context, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	return do(r)
}

func do(r *http.Request) (string, error) {
	client := http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	response, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %s", response.StatusCode, text), err
}
