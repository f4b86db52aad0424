// Package restart_test ends our server in every way and looks at what the next one serves, with the primary down.
package restart_test

import (
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/primary"
	"github.com/understudy-dns/understudy/test/understudy"
)

// kills is how often the server is killed: in CI a few times, with DRILLS=all as often as it takes to be sure.
func kills() int {
	if os.Getenv("DRILLS") == "all" {
		return 200
	}
	return 25
}

// A stream of changes from the primary.
type stream struct {
	from    *primary.Primary
	history *history
	stop    chan struct{}
	done    sync.WaitGroup
}

func startStream(t *testing.T, from *primary.Primary, h *history, to string) *stream {
	s := &stream{from: from, history: h, stop: make(chan struct{})}
	s.done.Go(func() {
		host, _, _ := net.SplitHostPort(from.Addr())
		for {
			serial, rrs := h.next(t)
			from.PublishRecords(t, rrs)
			_, _ = ask.SendNotify(to, zone, serial, nil, ask.From(host), ask.Timeout(50*time.Millisecond)) // the server may be dead
			select {
			case <-s.stop:
				return
			default:
			}
		}
	})
	return s
}

func (s *stream) end() {
	close(s.stop)
	s.done.Wait()
}

const corefile = `example.org:{{port}} {
	bind 127.0.0.1
	transfer {
		to *
	}
	secondaryplus {
		transfer from PRIMARY
		persist {{dir}}
		status 127.0.0.1:{{port:status}}
	}
	prometheus 127.0.0.1:{{port:metrics}}
}
`

func start(t *testing.T, from string) *understudy.Server {
	t.Helper()
	return startWith(t, corefile, from)
}

func startWith(t *testing.T, corefile, from string) *understudy.Server {
	t.Helper()
	return understudy.Start(t, understudy.Config{Corefile: strings.ReplaceAll(corefile, "PRIMARY", from)})
}

// After kill -9 at any moment the zone is answered at once, with a version that the primary had, record by
// record, and never with an older one than after the kill before.
func TestDrill18KilledWhileIXFRsStreamIn(t *testing.T) {
	from := primary.Start(t, primary.Config{Zone: zone})
	h := newHistory()
	_, rrs := h.next(t)
	from.PublishRecords(t, rrs)
	ours := start(t, from.Addr())
	ask.WaitSerial(t, ours.Addr(), zone, 1)
	ours.WaitMetricThat(t, "metrics", "coredns_secondaryplus_zone_saved_serial", "present", func(v float64) bool { return v == 1 })
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	restored := uint32(1)
	for n := range kills() {
		from.OnAll()
		s := startStream(t, from, h, ours.Addr())
		time.Sleep(time.Duration(random.Int64N(int64(100 * time.Millisecond)))) // a moment that nothing announces
		ours.Kill9()
		s.end()
		from.OnAll(primary.Refused())
		ours.Restart(t)
		got := ask.AXFR(t, ours.Addr(), zone, nil)
		serial, err := ask.Serial(ours.Addr(), zone)
		if err != nil {
			t.Fatal(err)
		}
		if want := h.at(t, serial); !slices.Equal(got, want) {
			t.Fatalf("serial %d: the zone is not that of the primary\ngot  %v\nwant %v", serial, got, want)
		}
		if serial < restored {
			t.Fatalf("serial %d after the kill, %d was served after the one before", serial, restored)
		}
		restored = serial
		if n%20 == 19 {
			from.Forget() // memory has an end
		}
	}
	if restored < uint32(kills()) {
		t.Errorf("after %d kills the serial is %d: hardly anything was saved", kills(), restored)
	}
}
