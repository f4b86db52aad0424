package restart_test

import (
	"fmt"
	"hash/fnv"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/test/ask"
)

const zone = "example.org."

// names is how many names change; about one in twenty does from serial to serial.
const names = 400

// history is the zone at every serial, as its primary had it. What a name has depends on the serial of its last
// change, so that no mixture of two serials looks like a third.
type history struct {
	mu       sync.Mutex
	versions map[uint32][]uint32 // by serial: for each name, the serial of its last change
	last     uint32
}

func newHistory() *history {
	return &history{versions: map[uint32][]uint32{0: make([]uint32, names)}}
}

// next makes the next version and returns its records.
func (h *history) next(t testing.TB) (serial uint32, rrs []dns.RR) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.versions[h.last]
	h.last++
	now := make([]uint32, names)
	for i := range now {
		now[i] = before[i]
		if h.last == 1 || changes(i, h.last) {
			now[i] = h.last
		}
	}
	h.versions[h.last] = now
	return h.last, records(t, h.last, now)
}

func changes(name int, serial uint32) bool {
	f := fnv.New32a()
	fmt.Fprint(f, name, serial)
	return f.Sum32()%20 == 0
}

// at are the lines of a version, as ask.AXFR gives them.
func (h *history) at(t testing.TB, serial uint32) []string {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	version, ok := h.versions[serial]
	if !ok {
		t.Fatalf("the primary never had serial %d", serial)
	}
	return ask.Lines(records(t, serial, version))
}

// records are the zone's. Of the names that changed at a serial, one in five is not there.
func records(t testing.TB, serial uint32, changed []uint32) []dns.RR {
	t.Helper()
	text := []string{
		fmt.Sprintf("%s 300 IN SOA ns1.%s hostmaster.%s %d 3600 600 86400 300", zone, zone, zone, serial),
		fmt.Sprintf("%s 300 IN NS ns1.%s", zone, zone), fmt.Sprintf("ns1.%s 300 IN A 192.0.2.1", zone),
	}
	for i, at := range changed {
		if (at+uint32(i))%5 != 0 {
			text = append(text, fmt.Sprintf("n%d.%s 300 IN TXT %d", i, zone, at))
		}
	}
	rrs := make([]dns.RR, len(text))
	for i, line := range text {
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		rrs[i] = rr
	}
	return rrs
}
