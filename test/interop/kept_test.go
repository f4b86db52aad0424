package interop_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/peer/port"
	"github.com/understudy-dns/understudy/test/understudy"
)

// A hose passes TCP and UDP on to a primary, counts the connections, and can cut them.
type hose struct {
	addr string
	mu   sync.Mutex
	open []net.Conn
	made int
}

func startHose(t *testing.T, to string) *hose {
	t.Helper()
	h := &hose{addr: port.Addr(t, "127.0.0.1")}
	l, err := net.Listen("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	t.Cleanup(func() { l.Close(); h.cut(); done.Wait() })
	done.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			h.mu.Lock()
			h.made++
			h.open = append(h.open, near, far)
			h.mu.Unlock()
			for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
				done.Go(func() {
					_, _ = io.Copy(way[0], way[1])
					near.Close()
					far.Close()
				})
			}
		}
	})
	return h
}

// cut ends all connections, and says how many were made since the last time.
func (h *hose) cut() (made int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.open {
		c.Close()
	}
	made, h.made, h.open = h.made, 0, nil
	return made
}

// TestConnectionsServeOneZoneAfterTheOther: UDP leads nowhere here, so that SOA checks are made over TCP, too.
func TestConnectionsServeOneZoneAfterTheOther(t *testing.T) {
	t.Parallel()
	eachKind(t, func(t *testing.T, kind peer.Kind) {
		peer.Require(t, kind)
		key := peer.Key{Name: "kept", Secret: "c2VjcmV0IG9mIGtlcHQgY29ubmVjdGlvbnMgaGVyZSE="}
		var zones []peer.Zone
		var names []string
		for i := range 20 {
			name := fmt.Sprintf("z%d.test.", i)
			names = append(names, name)
			zones = append(zones, peer.Zone{Name: name, Text: hosts(name, 1, 5), AllowTransfer: []peer.Access{{Key: key.Name}}})
		}
		primary := peer.Start(t, kind, peer.Config{Keys: []peer.Key{key}, Zones: zones})
		h := startHose(t, primary.Addr())
		stanza := stanzaOf(strings.Join(names, " "), []string{"transfer from " + h.addr + " key " + key.FQDN() + " " + strings.TrimSuffix(key.Alg(), ".")})
		ours := understudy.Start(t, understudy.Config{Corefile: blockOf(".", append(tsigLines([]*peer.Key{&key}), stanza))})
		for _, name := range names {
			ask.WaitSerial(t, ours.Addr(), name, 1)
		}
		if made := h.cut(); made > 20 { // an SOA check and a transfer of each would be 40
			t.Errorf("%d connections", made)
		}
		primary.SetZone(t, names[3], hosts(names[3], 2, 5))
		primary.WaitServing(t, names[3], 2)
		ask.Notify(t, ours.Addr(), names[3], 2, nil)
		ask.WaitSerial(t, ours.Addr(), names[3], 2)
	})
}
