package nsfailover

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/plugin/internal/nswatch"
	"github.com/understudy-dns/understudy/plugin/internal/owner"
	"github.com/understudy-dns/understudy/plugin/internal/serial"
	"github.com/understudy-dns/understudy/plugin/internal/zonefile"
)

// That we catch up with others is no step back: since when they are ahead stays known. That we go back is one.
func TestWhoeverCatchesUpDoesNotGoBack(t *testing.T) {
	apex := owner.MustParse("example.org.")
	var history nswatch.History
	begun := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	history.Note(10, begun)
	history.Note(12, begun.Add(time.Hour))
	z := newWatchedZone(apex, "k", history, new(atomic.Uint64))
	z.configure(&watchConfig{after: []time.Duration{time.Second}})
	publish := func(n int, at time.Time) {
		t.Helper()
		v, err := zonefile.Read(strings.NewReader(fmt.Sprintf("$TTL 300\n@ SOA ns h %d 3600 600 86400 300\n@ NS ns\n", n)), "test", apex)
		if err != nil {
			t.Fatal(err)
		}
		z.published(ofVersion{v}, at)
	}
	behind := func(s serial.Serial, since time.Time) {
		t.Helper()
		h := z.serials()
		if got := h.Behind(s); !got.Equal(since) {
			t.Errorf("serial %s is behind since %v, not %v", s, got, since)
		}
	}
	publish(10, begun.Add(2*time.Hour))
	publish(11, begun.Add(3*time.Hour))
	behind(10, begun.Add(time.Hour))
	behind(12, time.Time{})
	publish(9, begun.Add(4*time.Hour))
	behind(9, time.Time{})
	behind(12, time.Time{})
}
