package peer_test

import (
	"os"
	"slices"
	"testing"

	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
)

func TestKilledPeersComeBackAtTheSameAddress(t *testing.T) {
	for _, kind := range peer.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := peer.Start(t, kind, peer.Config{Zones: []peer.Zone{primary(1)}})
			addr := p.Addr()
			p.SetZone(t, zone, content(2, 21))
			p.WaitServing(t, zone, 2)
			p.Kill()
			if _, err := ask.Query(addr, zone, 6, ask.TCP()); err == nil {
				t.Error("it still answers")
			}
			p.Restart(t)
			if p.Addr() != addr || p.Serial(t, zone) != 2 {
				t.Errorf("serial %d at %s", p.Serial(t, zone), p.Addr())
			}
			p.Stop()
			p.Restart(t)
		})
	}
}

func TestAXFROnlyAndZoneFromAFile(t *testing.T) {
	for _, kind := range []peer.Kind{peer.Named, peer.NSD} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			file := t.TempDir() + "/zone"
			if err := os.WriteFile(file, []byte(content(1, 20)), 0o600); err != nil {
				t.Fatal(err)
			}
			pair := startPair(t, peer.Knot, kind, nil, func(p, s *peer.Zone) {
				p.Text, p.File = "", file
				s.AXFROnly = true
			})
			mark := pair.primary.Mark()
			pair.primary.SetZone(t, zone, content(2, 21))
			pair.secondary.WaitServing(t, zone, 2)
			pair.primary.WaitTransfer(t, mark, zone, "AXFR")
			a, b := ask.AXFR(t, pair.primary.Addr(), zone, nil), ask.AXFR(t, pair.secondary.Addr(), zone, nil)
			if !slices.Equal(a, b) {
				t.Errorf("%q\n%q", a, b)
			}
		})
	}
}
