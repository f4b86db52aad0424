package status

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/owner"
)

// handler answers requests. It has no patterns of net/http: those clean paths, and "." is a zone.
type handler struct {
	source Source
	access *atomic.Pointer[Access]
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	out := &patient{w, http.NewResponseController(w)}
	out.extend()
	h.answer(out, r)
}

func (h *handler) answer(w http.ResponseWriter, r *http.Request) {
	p := h.access.Load().permit(r)
	if p == nil {
		p = h.route(w, r)
	}
	if p != nil {
		p.write(w)
	}
}

// route finds what a path is of: /v1/, /v1/zones, /v1/zones/ZONE, /v1/zones/ZONE/ACTION, /v1/refresh.
func (h *handler) route(w http.ResponseWriter, r *http.Request) *problem {
	path, err := segments(r.URL)
	if err != nil || path[0] != "v1" || len(path) < 2 {
		return notFound
	}
	switch {
	case len(path) == 2 && path[1] == "":
		return reading(r, func() *problem { return send(w, http.StatusOK, h.source.Summary()) })
	case len(path) == 2 && path[1] == "zones":
		return reading(r, func() *problem { return h.list(w, r) })
	case len(path) == 3 && path[1] == "zones":
		return reading(r, func() *problem { return h.one(w, r, path[2]) })
	case len(path) == 4 && path[1] == "zones":
		return ordering(w, r, func() *problem { return h.act(w, r, path[2], path[3]) })
	case len(path) == 2 && path[1] == "refresh":
		return ordering(w, r, func() *problem { return h.refreshAll(w, r) })
	}
	if p := partOf(path[1]); p != nil {
		return part(w, r, p, path[2:])
	}
	return notFound
}

func segments(u *url.URL) ([]string, error) {
	path := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for i, s := range path {
		var err error
		if path[i], err = url.PathUnescape(s); err != nil {
			return nil, err
		}
	}
	return path, nil
}

// reading is for documents, which are got.
func reading(r *http.Request, answer func() *problem) *problem {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return &problem{code: http.StatusMethodNotAllowed, allow: "GET, HEAD", Error: "a document is read by GET"}
	}
	return answer()
}

// longestBody is more than an order needs, which is all in its path.
const longestBody = 4096

// ordering is for orders, which are posted.
func ordering(w http.ResponseWriter, r *http.Request, answer func() *problem) *problem {
	if r.Method != http.MethodPost {
		return &problem{code: http.StatusMethodNotAllowed, allow: "POST", Error: "an order is given by POST"}
	}
	// Only when the body was read does net/http notice that a client is gone.
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, longestBody)); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return &problem{code: http.StatusRequestEntityTooLarge, Error: "an order has no body"}
		}
		return &problem{code: http.StatusBadRequest, Error: "the body did not arrive"}
	}
	return answer()
}

// find is the zone that a request means; server and view choose between several of a name.
func (h *handler) find(r *http.Request, name string) (ID, *problem) {
	apex, err := owner.Parse(name)
	if err != nil || name == "" {
		return ID{}, &problem{code: http.StatusNotFound, Error: ErrNoZone.Error()}
	}
	ids := h.source.Named(apex.Canonical())
	query := r.URL.Query()
	ids = slices.DeleteFunc(ids, func(id ID) bool {
		return query.Has("server") && query.Get("server") != id.Server || query.Has("view") && query.Get("view") != id.View
	})
	switch len(ids) {
	case 0:
		return ID{}, &problem{code: http.StatusNotFound, Error: ErrNoZone.Error()}
	case 1:
		return ids[0], nil
	}
	return ID{}, &problem{
		code:  http.StatusConflict,
		Error: "several server blocks have the zone: choose by ?server= and ?view=", Choices: ids,
	}
}

func (h *handler) one(w http.ResponseWriter, r *http.Request, name string) *problem {
	id, p := h.find(r, name)
	if p != nil {
		return p
	}
	z, ok := h.source.Zone(id)
	if !ok {
		return &problem{code: http.StatusNotFound, Error: ErrNoZone.Error()}
	}
	return send(w, http.StatusOK, z)
}

func (h *handler) act(w http.ResponseWriter, r *http.Request, name, action string) *problem {
	id, p := h.find(r, name)
	if p != nil {
		return p
	}
	wait, p := waiting(r)
	if p != nil {
		return p
	}
	if wait {
		// The time to send a request is over, and an end of that time would look as if the client had gone.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	}
	done, err := h.source.Do(r.Context(), Order{
		ID: id, Action: action, Wait: wait, From: r.RemoteAddr,
		Serial: r.URL.Query().Get("serial"), Digest: r.URL.Query().Get("digest"),
	})
	switch {
	case err != nil:
		return refusal(err)
	case !wait && !done.Complete:
		return send(w, http.StatusAccepted, done)
	case done.Failed:
		return send(w, http.StatusBadGateway, done)
	}
	return send(w, http.StatusOK, done)
}

// refusal is how it is told that an order was not carried out.
func refusal(err error) *problem {
	code := http.StatusServiceUnavailable
	switch {
	case errors.Is(err, ErrNoZone), errors.Is(err, ErrNoAction), errors.Is(err, ErrNothing):
		code = http.StatusNotFound
	case errors.Is(err, ErrState):
		code = http.StatusConflict
	case errors.Is(err, ErrNoWait), errors.Is(err, ErrOrder):
		code = http.StatusBadRequest
	}
	return &problem{code: code, Error: err.Error()}
}

func waiting(r *http.Request) (bool, *problem) {
	if !r.URL.Query().Has("wait") {
		return false, nil
	}
	wait, err := strconv.ParseBool(r.URL.Query().Get("wait"))
	if err != nil {
		return false, &problem{code: http.StatusBadRequest, Error: "wait is true or false"}
	}
	return wait, nil
}

func (h *handler) refreshAll(w http.ResponseWriter, r *http.Request) *problem {
	if wait, p := waiting(r); p != nil || wait {
		return &problem{code: http.StatusBadRequest, Error: "the outcome can be waited for with one zone only"}
	}
	return send(w, http.StatusAccepted, struct {
		Action string `json:"action"`
		Zones  int    `json:"zones"`
	}{"refresh", h.source.RefreshAll()})
}

// problem is a request that is not fulfilled.
type problem struct {
	code    int
	allow   string
	Error   string `json:"error"`
	Choices []ID   `json:"choices,omitempty"`
}

var notFound = &problem{code: http.StatusNotFound, Error: "there is nothing of that name"}

func (p *problem) write(w http.ResponseWriter) {
	if p.allow != "" {
		w.Header().Set("Allow", p.allow)
	}
	if p.code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	send(w, p.code, p)
}

// send writes a document. What cannot be written is the client's loss.
func send(w http.ResponseWriter, code int, document any) *problem {
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return &problem{code: http.StatusInternalServerError, Error: err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(text, '\n'))
	return nil
}
