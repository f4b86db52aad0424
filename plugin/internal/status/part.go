package status

import (
	"context"
	"errors"
	"net/http"
	"sync"
)

// A Part answers requests for paths of its own: those below /v1/ that begin with the name under which it was registered.
type Part interface {
	// Read is the document at a path without that name. ErrNothing is part of its error if there is none.
	Read(path []string) (any, error)
	// Order does what a path says. from is the address of whoever gave the order. Of its error, ErrNothing or ErrState is
	// part.
	Order(ctx context.Context, path []string, from string) (any, error)
}

// ErrNothing says that there is nothing of a name.
var ErrNothing = errors.New("there is nothing of that name")

// parts are those that plugins register when the program begins.
var parts = struct {
	sync.RWMutex
	of map[string]Part
}{of: make(map[string]Part)}

// Register has a Part answer, from every Server.
func Register(name string, p Part) {
	parts.Lock()
	defer parts.Unlock()
	parts.of[name] = p
}

func partOf(name string) Part {
	parts.RLock()
	defer parts.RUnlock()
	return parts.of[name]
}

// part answers for a Part.
func part(w http.ResponseWriter, r *http.Request, p Part, path []string) *problem {
	if len(path) == 1 && path[0] == "" {
		path = nil
	}
	if r.Method != http.MethodPost {
		return reading(r, func() *problem {
			document, err := p.Read(path)
			if err != nil {
				return refusal(err)
			}
			return send(w, http.StatusOK, document)
		})
	}
	return ordering(w, r, func() *problem {
		document, err := p.Order(r.Context(), path, r.RemoteAddr)
		if err != nil {
			return refusal(err)
		}
		return send(w, http.StatusOK, document)
	})
}
