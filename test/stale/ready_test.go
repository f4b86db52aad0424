package stale_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

func TestReadyAsLongAsMostZonesCanBeAnswered(t *testing.T) {
	t.Parallel()
	p := primary.Start(t, primary.Config{Zone: zone})
	p.Publish(t, hurried(1))
	monitored := func(lines ...string) string {
		return strings.Replace(corefile(p.Addr(), lines...), "errors", "errors\nready 127.0.0.1:{{port:ready}} {\nmonitor continuously\n}", 1)
	}
	s := understudy.Start(t, understudy.Config{Corefile: monitored()})
	waitReady(t, s, http.StatusOK)
	p.OnAll(primary.Silent())
	waitReady(t, s, http.StatusServiceUnavailable) // its only zone has expired
	s.Reload(t, monitored("stale forever"))
	waitReady(t, s, http.StatusOK)
	s.Reload(t, monitored("fallback "+file(t, emergency)))
	waitKind(t, s, "NOERROR 3")
	waitReady(t, s, http.StatusOK)
	s.Reload(t, monitored())
	waitReady(t, s, http.StatusServiceUnavailable)
	p.OnAll()
	waitReady(t, s, http.StatusOK)
}

func waitReady(t *testing.T, s *understudy.Server, status int) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("readiness is %d", status), func() error {
		r, err := http.Get("http://" + s.AddrOf("ready") + "/ready")
		if err != nil {
			return err
		}
		r.Body.Close()
		if r.StatusCode != status {
			return fmt.Errorf("%s", r.Status)
		}
		return nil
	})
}
