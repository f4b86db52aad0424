package refresh

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/understudy-dns/understudy/plugin/internal/primary"
	"github.com/understudy-dns/understudy/plugin/internal/xfr"
)

// nurse is a Health that writes down what it is told.
type nurse struct {
	mu   sync.Mutex
	told []string
}

func (n *nurse) Of(netip.AddrPort) primary.Health { return primary.Health{} }

func (n *nurse) note(what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told = append(n.told, what)
}

func (n *nurse) Failed(_ netip.AddrPort, what Failure, why error) {
	n.note([...]string{"transfer failed", "check failed", "check unanswered"}[what])
	if why == nil {
		n.note("for no reason")
	}
}

func (n *nurse) Answered(netip.AddrPort) { n.note("answered") }

// take is what was told since the last time.
func (n *nurse) take() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := strings.Join(n.told, ", ")
	n.told = nil
	return list
}

// Whoever looks after primaries can tell a query that was not answered from what is evidence.
func TestHealthIsToldWhatHasFailed(t *testing.T) {
	timeout := fmt.Errorf("%w: %w", xfr.ErrConnect, os.ErrDeadlineExceeded)
	for _, c := range []struct {
		name  string
		fails func(*fakePrimary)
		want  string
	}{
		{"a SOA check without an answer", func(p *fakePrimary) { p.deaf = xfr.ErrTimeout }, "check unanswered"},
		{"a SOA check without a connection in time", func(p *fakePrimary) { p.deaf = timeout }, "check unanswered"},
		{"a SOA check that is refused", func(p *fakePrimary) { p.deaf = errRefused }, "check failed"},
		{"a SOA check without a connection", func(p *fakePrimary) { p.deaf = xfr.ErrConnect }, "check failed"},
		{"one that could not be made here", func(p *fakePrimary) { p.deaf = xfr.ErrLocal }, ""},
		{"a transfer", func(p *fakePrimary) { p.serial, p.broken = 2, xfr.ErrTimeout }, "answered, transfer failed"},
	} {
		scenario(t, c.name, Options{}, func(r *rig) {
			z, n := r.loaded(addrA), new(nurse)
			watched := *z.Config()
			watched.Health = n
			z.Configure(&watched)
			r.set(addrA, c.fails)
			r.s.Request(z)
			synctest.Wait()
			r.after(0)
			if got := n.take(); got != c.want {
				r.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
}
