package status

import (
	"bufio"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// list writes the zones, one a line, as they are being read: ten thousand of them are never in memory together.
func (h *handler) list(w http.ResponseWriter, r *http.Request) *problem {
	wanted, p := h.states(r)
	if p != nil {
		return p
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodHead {
		return nil
	}
	out := bufio.NewWriterSize(w, 32<<10)
	// bufio remembers a failure, which is the client's loss.
	_, _ = out.WriteString(`{"zones":[`)
	separator := "\n"
	for _, id := range h.source.IDs() {
		z, ok := h.source.Zone(id)
		if !ok || len(wanted) > 0 && !slices.Contains(wanted, z.State) {
			continue
		}
		text, err := json.Marshal(z)
		if err != nil {
			return nil // the half list is no JSON, which tells the client
		}
		_, _ = out.WriteString(separator)
		if _, err := out.Write(text); err != nil {
			return nil
		}
		separator = ",\n"
	}
	_, _ = out.WriteString("\n]}\n")
	_ = out.Flush()
	return nil
}

// states are those that a request asks for; none: all.
func (h *handler) states(r *http.Request) ([]string, *problem) {
	wanted := r.URL.Query()["state"]
	if len(wanted) == 0 {
		return nil, nil
	}
	known := slices.Sorted(maps.Keys(h.source.Summary().Zones))
	for _, s := range wanted {
		if !slices.Contains(known, s) {
			return nil, &problem{code: http.StatusBadRequest, Error: "a state is one of " + strings.Join(known, ", ")}
		}
	}
	return wanted, nil
}

// writeWait is how long a client may take to accept what is written at a time.
const writeWait = 10 * time.Second

// patient gives each write its own time. A limit for the whole response would end those that wait for an
// outcome.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write implements io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	p.extend()
	return p.ResponseWriter.Write(b)
}

// extend begins the time of the next write anew. The deadline of a connection outlives its requests.
func (p *patient) extend() {
	_ = p.control.SetWriteDeadline(time.Now().Add(writeWait)) // without a connection nothing can wait
}

// Unwrap is for http.ResponseController.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
