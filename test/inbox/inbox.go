// Package inbox is a receiver of alerts.
package inbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
)

// Inbox is an HTTP server that keeps what is posted to it.
type Inbox struct {
	*httptest.Server
	mu    sync.Mutex
	posts []string // path and body, whose members are in the order of their names
}

// Start starts one, until the test ends.
func Start(t *testing.T) *Inbox {
	t.Helper()
	in := new(Inbox)
	in.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var document any
		if err := json.NewDecoder(r.Body).Decode(&document); err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		text, err := json.Marshal(document)
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

// Want waits for a post that has all of the texts.
func (in *Inbox) Want(t *testing.T, texts ...string) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("a post with %q", texts), func() error {
		if in.Find(texts...) != "" {
			return nil
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		return fmt.Errorf("%d others: %q", len(in.posts), in.posts)
	})
}

// Find is the first post that has all of the texts; empty: there is none.
func (in *Inbox) Find(texts ...string) string {
	if list := in.all(texts); len(list) > 0 {
		return list[0]
	}
	return ""
}

// Count is the number of posts that have all of the texts.
func (in *Inbox) Count(texts ...string) (n int) { return len(in.all(texts)) }

func (in *Inbox) all(texts []string) (list []string) {
	in.mu.Lock()
	defer in.mu.Unlock()
posts:
	for _, post := range in.posts {
		for _, text := range texts {
			if !strings.Contains(post, text) {
				continue posts
			}
		}
		list = append(list, post)
	}
	return list
}
